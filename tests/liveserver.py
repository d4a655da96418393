"""The web role as a real process on a free port, for tests with sockets and browsers."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_READY_WITHIN_S = 60
"""Of one that has to compile all libraries first, beside busy neighbours."""


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class LiveServer:
    """A running web role; ``kill`` and ``start`` stand for a crash and a restart on the same port."""

    environment: dict[str, str]
    port: int
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with its log when it doesn't come up."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "web"],
                cwd=ROOT,
                env={**os.environ, **self.environment, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=2)
                return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"web did not start:\n{self.log.read_text()[-3000:]}")

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it, by default as hard as ``kill -9``."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(10)


def live_server(database_url: str, redis_url: str, folder: Path, **environment: str) -> LiveServer:
    """A server that isn't started yet."""
    port = free_port()
    return LiveServer(
        {
            "ANSU_DATABASE_URL": database_url,
            "ANSU_REDIS_URL": redis_url,
            "ANSU_DATA_DIR": str(folder),
            "ANSU_HOST": "127.0.0.1",
            "ANSU_PORT": str(port),
            **environment,
        },
        port,
        folder / "web.log",
    )
