"""What the three embedded servers have in common: prepare once, spawn, wait until ready, stop, kill, again."""

import os
import time
from abc import ABC, abstractmethod
from pathlib import Path

from backend.embedded.child import Child
from backend.embedded.folder import DataFolder
from backend.embedded.refusals import DiskFull, Refusal, ServerFailed

READY_PATIENCE_S = 120.0
"""PostgreSQL may have much to recover after a power cut."""
STOP_PATIENCE_S = 30.0
POLL_S = 0.02


class Server(ABC):
    """One embedded server. Call ``spawn`` and ``start`` from the main thread."""

    name: str
    """What people call it."""
    log_name: str

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.log: Path = folder.logs / self.log_name
        self._child: Child | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._child.pid if self._child else None

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.alive

    def start(self) -> None:
        """Spawn it and wait until it serves. Raises a Refusal."""
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        """Start its process, on the same port and data as before; returns at once."""
        if self._child is None:
            self._child = self._prepare()
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._child.spawn()

    def wait_ready(self, patience_s: float = READY_PATIENCE_S) -> None:
        """Wait until it serves. Raises ServerFailed, or DiskFull when its log says so."""
        deadline = time.monotonic() + patience_s
        while not self._is_ready():
            if not self.alive or time.monotonic() > deadline:
                raise self._failure()
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop it in good order."""
        if self._child is not None:
            self._child.stop(STOP_PATIENCE_S)

    def kill(self) -> None:
        """End it as ``kill -9`` does; ``start`` brings it back on the same port and data."""
        if self._child is not None:
            self._child.kill()

    @abstractmethod
    def _prepare(self) -> Child:
        """Write its configuration and data folder, choose its port."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether it serves now."""

    def _failure(self) -> Refusal:
        said = ""
        if self.log.exists():
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                said = log.read()[-4000:].decode(errors="replace")
        if "No space left on device" in said or "no space left on device" in said:
            return DiskFull(self.folder.path)
        lines = [line for line in said.splitlines() if line.strip()]
        fatal = [line for line in lines if "FATAL" in line or "[FTL]" in line or "Fatal" in line]
        return ServerFailed(self.name, self.log, (fatal or lines or [""])[-1].strip())


def clean_environment() -> dict[str, str]:
    """Our environment without what would lead a server astray."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LD_", "ANSU_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
