"""The ladder by which people are told until one acknowledges: who at which rung, and when the next is due.

Pure. ``alarms.escalator`` keeps the deadlines as rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.alarms.models import Level
from backend.identity.models import Role


@dataclass(frozen=True)
class Rung:
    """``roles`` are told ``after_s`` seconds after the alarm."""

    after_s: float
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Ladder:
    """Rungs in order of time; the last one's people are told again every ``repeat_s`` seconds."""

    rungs: tuple[Rung, ...]
    repeat_s: float

    def roles_at(self, step: int) -> tuple[Role, ...]:
        """Who is told at ``step``; a repetition tells everybody who stands on the ladder."""
        if step < len(self.rungs):
            return self.rungs[step].roles
        return tuple(dict.fromkeys(role for rung in self.rungs for role in rung.roles))

    def repeats(self, step: int) -> bool:
        """Whether ``step`` lies beyond the last rung."""
        return step >= len(self.rungs)

    def first_due(self, raised_at: datetime) -> datetime:
        """When the first rung is due."""
        return raised_at + timedelta(seconds=self.rungs[0].after_s)

    def next_due(self, step: int, due_at: datetime, now: datetime) -> datetime:
        """When the rung after ``step`` is due. Rungs missed while nobody ran are due at once; repetitions aren't."""
        if step + 1 < len(self.rungs):
            return due_at + timedelta(seconds=self.rungs[step + 1].after_s - self.rungs[step].after_s)
        return now + timedelta(seconds=self.repeat_s)


def ladder_from(steps: Sequence[Mapping[str, Any]], repeat_s: float) -> Ladder:
    """A site's own ladder as ``EscalationPolicy`` stores it. Raises ValueError for steps that tell nobody."""
    rungs = tuple(Rung(float(s["after_s"]), tuple(Role(role) for role in s["roles"])) for s in steps)
    if not rungs or any(not rung.roles for rung in rungs):
        raise ValueError("a ladder needs rungs, and each rung a role")
    return Ladder(tuple(sorted(rungs, key=lambda rung: rung.after_s)), max(repeat_s, 10.0))


def _usual(repeat_s: float, **after_s: float) -> Ladder:
    return Ladder(tuple(Rung(after, (Role(role),)) for role, after in after_s.items()), repeat_s)


USUAL_LADDERS: dict[Level, Ladder] = {
    Level.MAJOR: _usual(120, leader=0, manager=60, safety_officer=180),
    Level.SIGNIFICANT: _usual(300, leader=0, manager=180, safety_officer=600),
    Level.GENERAL: _usual(1800, leader=0, manager=900, safety_officer=3600),
    Level.LOW: _usual(14400, leader=0),
}
"""Where a site set none: 班组长 → 管理人员 → 安全员."""
