"""The whole line as real processes: durable servers and the three roles, killed at will and brought back.

The driver is outside of the product: it starts, kills and watches, and knows of the inside only what a
plant's people and gateways could know.
"""

import asyncio
import contextlib
import os
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import redis

from backend.core.database import Database
from backend.core.migrate import migrate
from backend.core.settings import PROJECT_ROOT
from backend.embedded import DataFolder, EmbeddedServers
from backend.embedded.child import Child
from backend.embedded.ports import free_port
from tests.embedded.home import fresh_home

LOOK_EVERY_S = 0.05
REST_S = 0.2
"""How long a process that died by itself rests before it is started again."""
READY_PATIENCE_S = 60.0


class Line:
    """Servers and roles with one name each: ``postgres``, ``valkey``, ``broker``, ``web``, ``ingest``, ``worker``."""

    def __init__(self, home: Path) -> None:
        self.folder = DataFolder(home / "data")
        self.servers = EmbeddedServers(self.folder, system_state=home / "state", mqtt_port=0)
        self.port = free_port()
        self.deaths: list[str] = []
        """Who was found dead without having been killed."""
        self.kills: Counter[str] = Counter()
        self._processes: dict[str, Any] = {}
        self._due: dict[str, float] = {}

    @property
    def url(self) -> str:
        """Where the web role answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start everything and wait until the web role answers. Raises TimeoutError."""
        self.folder.open()
        self.servers.start()
        await migrate(self.servers.postgres.url)
        self._processes = {
            "postgres": self.servers.postgres,
            "valkey": self.servers.valkey,
            "broker": self.servers.broker,
            **{name: self._role(name) for name in ("web", "ingest", "worker")},
        }
        for name in ("web", "ingest", "worker"):
            self._processes[name].spawn()
        async with asyncio.timeout(READY_PATIENCE_S):
            while not await asyncio.to_thread(self._answers):  # noqa: ASYNC110 - another process is waited for
                await asyncio.sleep(LOOK_EVERY_S)

    async def care(self) -> None:
        """Bring back what is dead, for ever. Runs on the main thread: children end with the thread that made them."""
        while True:
            for name, process in self._processes.items():
                if name not in self._due and not process.alive:
                    self.deaths.append(name)
                    self._due[name] = time.monotonic() + REST_S
                if self._due.get(name, float("inf")) <= time.monotonic():
                    process.spawn()
                    del self._due[name]
            await asyncio.sleep(LOOK_EVERY_S)

    async def kill(self, name: str, *, down_s: float = REST_S) -> None:
        """``kill -9``, and bring it back ``down_s`` later."""
        self._due[name] = float("inf")
        self.kills[name] += 1
        await asyncio.to_thread(self._processes[name].kill)
        self._due[name] = time.monotonic() + down_s

    def flush(self) -> None:
        """FLUSHALL; a Valkey that is down has nothing to forget."""
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.servers.valkey.url) as client:
            client.flushall()

    def stop(self) -> None:
        """End everything."""
        for process in reversed(self._processes.values()):
            process.kill()
        self.servers.kill()
        self.folder.close()

    def logs(self) -> str:
        """The last words of every role, for a failure's report."""
        return "\n".join(
            f"{name} | {line[:300]}"
            for name in ("web", "ingest", "worker")
            if (log := self.folder.logs / f"{name}.log").exists()
            for line in log.read_text(errors="replace").splitlines()[-20:]
        )

    def _role(self, name: str) -> Child:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSU_")}
        own = {
            "ANSU_DATA_DIR": str(self.folder.path),
            "ANSU_PORT": str(self.port),
            "PYTHONPATH": str(PROJECT_ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        return Child(
            [sys.executable, "-m", "backend.cli", name],
            self.folder.logs / f"{name}.log",
            kept | self.servers.addresses.environment() | own,
            cwd=PROJECT_ROOT,
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False


@contextlib.asynccontextmanager
async def running_line() -> AsyncIterator[Line]:
    """A line in a folder of its own, cared for until the block ends."""
    with fresh_home() as home:
        line = Line(home)
        try:
            await line.start()
            caring = asyncio.create_task(line.care())
            try:
                yield line
            finally:
                caring.cancel()
                await asyncio.gather(caring, return_exceptions=True)
        finally:
            line.stop()


@contextlib.asynccontextmanager
async def database_of(line: Line) -> AsyncIterator[Database]:
    """The line's database, as the driver reads it."""
    database = Database(line.servers.postgres.url, pool_size=3)
    try:
        yield database
    finally:
        await database.close()
