"""A child process that ends with us, however we end. Spawn from the main thread: see ``end_with``."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The operating-system user a child runs as; None of it means: as ourselves."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give ``path`` to this user."""
        if self.uid is not None:
            os.chown(path, self.uid, -1 if self.gid is None else self.gid)


OURSELVES = Account()


@dataclass
class Child:
    """One program with its log; started, stopped, killed and started again."""

    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    stop_signal: int = signal.SIGTERM
    account: Account = OURSELVES
    keep_open: Sequence[int] = ()
    """File descriptors the child inherits."""
    cwd: Path = Path("/")
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.process.pid if self.process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None

    def spawn(self) -> None:
        """Start it in its own session, so that the terminal's Ctrl-C reaches only us."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs
                list(self.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.cwd,
                start_new_session=True,
                pass_fds=tuple(self.keep_open),
                preexec_fn=_end_with_parent(self.stop_signal),  # noqa: PLW1509 - only a system call
                **_identity(self.account),
            )

    def ask_to_stop(self) -> None:
        """Send the stop signal; returns at once."""
        if self.alive and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def stop(self, patience_s: float) -> None:
        """Stop it; kill it and its children when it takes longer than ``patience_s``."""
        self.ask_to_stop()
        if self.process is None:
            return
        family = self._descendants()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
        _end_all(family, patience_s=1)

    def kill(self) -> None:
        """End it as ``kill -9`` does; returns when it and its children are gone."""
        if self.process is None:
            return
        if self.alive:  # held still, it makes no child that nobody has counted: PostgreSQL won't start beside an orphan
            self.process.send_signal(signal.SIGSTOP)
        family = self._descendants()
        if self.alive:
            self.process.kill()
        self.process.wait()
        _end_all(family, patience_s=2)

    def _descendants(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            if self.pid is not None:
                return psutil.Process(self.pid).children(recursive=True)
        return []


def run_as(account: Account, argv: Sequence[str], environment: Mapping[str, str], cwd: Path = Path("/")) -> str:
    """Run a short program to its end and give its output.

    Raises CalledProcessError when it fails, PermissionError when ``account`` can't reach program or ``cwd``.
    """
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own programs
        list(argv),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        env=dict(environment),
        cwd=cwd,
        **_identity(account),
    )
    return done.stdout


def _identity(account: Account) -> dict[str, Any]:
    if account.uid is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _end_with_parent(stop_signal: int) -> Callable[[], None]:
    parent = os.getpid()
    return lambda: end_with(parent, stop_signal)


def end_with(parent: int, stop_signal: int) -> None:
    """Let the kernel stop this process when the thread that started it ends, SIGKILL of ``parent`` included."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, stop_signal)
        if os.getppid() != parent:
            os._exit(1)


def _end_all(processes: Sequence[psutil.Process], patience_s: float) -> None:
    """Wait until they are gone, killing what stays too long. A zombie nobody reaped is gone."""
    deadline = time.monotonic() + patience_s
    while left := [process for process in processes if _lives(process)]:
        if time.monotonic() > deadline:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
