"""A process in the supervisor's care: noticed when it dies, started again after a growing wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from backend.embedded.child import Child
from backend.embedded.refusals import Refusal
from backend.supervisor.backoff import next_delay


class Process(Protocol):
    """What can be cared for: an embedded server or a role."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def alive(self) -> bool:
        """Whether it runs now."""

    def spawn(self) -> None:
        """Start it; returns at once."""

    def stop(self) -> None:
        """Stop it in good order."""

    def kill(self) -> None:
        """End it at once."""


@dataclass(frozen=True)
class Role:
    """web, ingest or worker as a child process."""

    name: str
    child: Child
    patience_s: float

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.child.alive

    def spawn(self) -> None:
        """Start it."""
        self.child.spawn()

    def stop(self) -> None:
        """Stop it, within its patience."""
        self.child.stop(self.patience_s)

    def kill(self) -> None:
        """End it at once."""
        self.child.kill()


@dataclass
class Ward:
    """The care of one running process. ``tell(name, delay_s)`` hears of each death."""

    process: Process
    tell: Callable[[str, float], None]
    clock: Callable[[], float] = time.monotonic
    deaths: int = 0
    _started: float = field(init=False)
    _delay_s: float = 0.0
    _due: float | None = None

    def __post_init__(self) -> None:
        self._started = self.clock()

    def tend(self) -> None:
        """Look after it once: note its death, or start it again when its wait is over."""
        now = self.clock()
        if self._due is not None:
            if now >= self._due:
                self._start(now)
        elif not self.process.alive:
            self._note_death(now)

    def _start(self, now: float) -> None:
        self._due = None
        self._started = now
        try:
            self.process.spawn()
        except (OSError, Refusal):
            self._note_death(now)

    def _note_death(self, now: float) -> None:
        self.deaths += 1
        self._delay_s = next_delay(self._delay_s, now - self._started)
        self._due = now + self._delay_s
        self.tell(self.process.name, self._delay_s)
