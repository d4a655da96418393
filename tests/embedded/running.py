"""``ansu up`` as a real process on a data folder of its own, for tests that look at the whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from backend.core.settings import Settings
from backend.embedded import Addresses, running_addresses
from backend.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Up:
    """One ``ansu up`` on a data folder of its own."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.output = data.with_name(f"{data.name}.output")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ANSU_")}
        self.environment = kept | {
            "PYTHONPATH": str(ROOT),
            "ANSU_DATA_DIR": str(data),
            "ANSU_SYSTEM_STATE_DIR": str(data.with_name("state")),
            "ANSU_PORT": str(free_port()),
            "ANSU_MQTT_PORT": str(free_port()),
            "ANSU_DEMO": "0",
            **environment,
        }
        self.process: psutil.Popen | None = None

    def start(self, *options: str) -> "Up":
        with self.output.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "backend.cli", "up", *options],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def wait_running(self) -> "Up":
        """Until the web role answers and all of that is said."""
        wait_until(lambda: "Press Ctrl-C to stop" in self.said(), self.said, 150)
        return self

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def addresses(self) -> Addresses | None:
        return running_addresses(Settings(data_dir=self.data))

    @property
    def database_url(self) -> str:
        assert self.addresses is not None
        return self.addresses.database_url

    @property
    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return [self.process, *self.process.children(recursive=True)]

    @property
    def roles(self) -> dict[str, int]:
        found = {}
        for process in self.family:
            argv = process.cmdline()
            if argv[1:3] == ["-m", "backend.cli"] and argv[3] in {"web", "ingest", "worker"}:
                found[argv[3]] = process.pid
        return found

    def said(self) -> str:
        return self.output.read_text()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return int(self.process.wait(40))


def wait_until(holds: Callable[[], object], said: Callable[[], str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.05)
    raise AssertionError(said())


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def descendants(up: Up) -> list[psutil.Process]:
    return up.family[1:]


def server_pid(up: Up, word: str) -> int:
    """The embedded server whose command line has ``word``; 0 while there is none."""
    assert up.process is not None
    return next((p.pid for p in up.process.children() if word in " ".join(p.cmdline())), 0)


NewUp = Callable[..., Up]


@contextmanager
def ups_in(home: Path) -> Iterator[NewUp]:
    """Makes an ``Up`` on the data folder of a name; what a failed test left running is killed at the end."""
    made: list[Up] = []

    def make(name: str, **environment: str) -> Up:
        made.append(Up(home / name, **environment))
        return made[-1]

    try:
        yield make
    finally:
        for up in made:
            if up.process is not None and up.process.is_running():
                processes = descendants(up)
                up.end(signal.SIGKILL)
                psutil.wait_procs(processes, timeout=10)
