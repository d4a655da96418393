"""The data folder: ours alone while we run, of our version, with room to grow; keeps secrets and ports."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from backend.embedded.ports import free_port, is_free
from backend.embedded.refusals import DiskFull, FolderInUse, NotWritable, OtherVersion, Refusal, refusal_of

FORMAT = {"ansu-data": "1", "postgresql": "18"}
"""What the VERSION file of a folder must say: layout of the folder, major version of its database."""
NEEDED_MB = 500
PREVIOUS_RUN_PATIENCE_S = 30.0


class DataFolder:
    """``ANSU_DATA_DIR``. Open it before anything is started from it, close it after everything has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.new = False
        """Whether ``open`` made it just now."""
        self._lock = -1

    def open(self, *, needed_mb: int = NEEDED_MB, patience_s: float = PREVIOUS_RUN_PATIENCE_S) -> None:
        """Take the folder. Raises a Refusal that says what is in the way."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take_lock(patience_s)
            self._check_version()
            self.check_room(needed_mb)
            for name in ("secrets", "run"):
                self.private(name)
        except Refusal:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise refusal_of(error, self.path) or error from error

    def close(self) -> None:
        """Give the folder back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def held(self) -> bool:
        """Whether the folder is ours now."""
        return self._lock >= 0

    @property
    def lock_descriptor(self) -> int:
        """The lock's descriptor: servers inherit it, so the folder stays taken while any of them lives."""
        return self._lock

    @property
    def logs(self) -> Path:
        """Where the logs of servers and roles are."""
        return self.path / "logs"

    def private(self, name: str) -> Path:
        """A subfolder only we may read."""
        folder = self.path / name
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def secret(self, name: str) -> str:
        """The password kept under ``name``, made at its first use; its file is ``secret_file(name)``."""
        file = self.secret_file(name)
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24) + "\n")
        return file.read_text().strip()

    def secret_file(self, name: str) -> Path:
        """Where the password ``name`` stands, readable by us only."""
        return self.private("secrets") / name

    def port(self, name: str) -> int:
        """The port of server ``name``: the one of the last run while it is free, else another."""
        file = self.path / "run" / "ports.json"
        known: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(file.read_text())
        port = known.get(name)
        if port is None or not is_free(port):
            port = free_port()
            write_private(file, json.dumps({**known, name: port}))
        return port

    def check_room(self, needed_mb: int = NEEDED_MB) -> None:
        """Raise DiskFull when fewer than ``needed_mb`` megabytes are left."""
        free_mb = shutil.disk_usage(self.path).free // 1_000_000
        if free_mb < needed_mb:
            raise DiskFull(self.path, free_mb, needed_mb)

    def _take_lock(self, patience_s: float) -> None:
        try:
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotWritable(self.path) from error
        deadline = time.monotonic() + patience_s
        while not _lock_now(self._lock):
            owner = _owner(self._lock)
            # An owner that is gone left servers behind that are just ending: they hold the lock a little longer.
            if owner is not None or time.monotonic() > deadline:
                raise FolderInUse(self.path, owner)
            time.sleep(0.1)
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()} {psutil.Process().create_time()}".encode(), 0)

    def _check_version(self) -> None:
        stamp = self.path / "VERSION"
        if not stamp.exists():
            self.new = not (self.path / "postgres").exists()
            write_private(stamp, "".join(f"{name} {version}\n" for name, version in FORMAT.items()))
            return
        found = dict(line.split(maxsplit=1) for line in stamp.read_text().splitlines() if " " in line)
        for name, version in FORMAT.items():
            if found.get(name) != version:
                raise OtherVersion(self.path, name, found.get(name, "?"), version)


def is_running(path: Path) -> bool:
    """Whether an AnSu holds the data folder at ``path``."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
        try:
            return not _lock_now(descriptor)
        finally:
            os.close(descriptor)
    return False


def write_private(file: Path, text: str) -> None:
    """Write ``text`` so that only we can read it, and never half of it."""
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    with open(draft, "w", encoding="utf-8", opener=_private_opener) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


_private_opener: Callable[[str, int], int] = lambda path, flags: os.open(path, flags | os.O_EXCL, 0o600)  # noqa: E731


def _lock_now(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(descriptor: int) -> int | None:
    """The process that took the lock, if it still lives."""
    with contextlib.suppress(ValueError, psutil.Error):
        pid, created = os.pread(descriptor, 64, 0).decode().split()
        if abs(psutil.Process(int(pid)).create_time() - float(created)) < 1:
            return int(pid)
    return None
