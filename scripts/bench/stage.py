"""Where the benches play: durable servers in a folder of their own, the roles as processes, a plant to measure.

Everything is started by the bench and gone when it ends. Ratios within one run count; absolute figures are this
machine's of this hour.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.core.database import Database
from backend.core.migrate import migrate
from backend.core.settings import PROJECT_ROOT
from backend.embedded import DataFolder, EmbeddedServers
from backend.embedded.child import Child
from backend.embedded.ports import free_port
from backend.identity.models import Person, Role, Site
from backend.identity.sessions import open_session
from backend.plant.models import Equipment, Point

SITE = "bench"
SOURCE = "gw"
"""What sends all points, and has sent them before: a plant at work, not one that is being connected."""
READY_PATIENCE_S = 60.0


class Stage:
    """Running servers; roles and peers are started one by one."""

    def __init__(self, home: Path, *, broker_syncs: bool) -> None:
        self.home = home
        self.folder = DataFolder(home / "data")
        self.servers = EmbeddedServers(
            self.folder, system_state=home / "state", mqtt_port=0, mqtt_sync_always=broker_syncs
        )
        self.web_port = free_port()
        self._children: list[Child] = []

    @property
    def database_url(self) -> str:
        """Where all of them store."""
        return self.servers.postgres.url

    @property
    def web_url(self) -> str:
        """Where the web role answers."""
        return f"http://127.0.0.1:{self.web_port}"

    def role(self, name: str, **environment: str) -> Child:
        """Start ``ansu web``, ``ingest`` or ``worker``."""
        own = {"ANSU_DATA_DIR": str(self.folder.path), "ANSU_PORT": str(self.web_port), "ANSU_LOG_LEVEL": "WARNING"}
        return self.program(
            name, [sys.executable, "-m", "backend.cli", name], self.servers.addresses.environment() | own | environment
        )

    def program(self, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Child:
        """Start any program with its log; it ends with the stage at the latest."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSU_")}
        everything = kept | {"PYTHONPATH": str(PROJECT_ROOT)} | dict(environment)
        child = Child(list(argv), self.folder.logs / f"{name}.log", everything, cwd=PROJECT_ROOT)
        child.spawn()
        self._children.append(child)
        return child

    async def web_ready(self) -> None:
        """Wait until the web role answers. Raises TimeoutError."""
        await answers(f"{self.web_url}/readyz")

    def stop(self) -> None:
        """End everything."""
        for child in self._children:
            child.stop(5)
        self.servers.stop()
        self.folder.close()


@contextlib.asynccontextmanager
async def stage(*, broker_syncs: bool = True) -> AsyncIterator[Stage]:
    """A migrated stage in a temporary folder."""
    built = Stage(_home(), broker_syncs=broker_syncs)
    try:
        built.folder.open()
        built.servers.start()
        await migrate(built.database_url)
        yield built
    finally:
        built.stop()
        shutil.rmtree(built.home)


def _home() -> Path:
    """A new folder that others may pass through: PostgreSQL runs as another user when root measures."""
    home = Path(tempfile.mkdtemp(prefix="ansu-bench-"))
    home.chmod(0o711)
    return home


async def make_plant(url: str, codes: Sequence[str], limits: Mapping[str, Any]) -> str:
    """A site whose points ``codes`` each have a threshold rule; gives a manager's sign-in token."""
    database = Database(url)
    try:
        async with database.session() as session:
            site = Site(code=SITE, name="测试厂", name_en="Bench")
            session.add(site)
            await session.flush()
            unit = Equipment(site_id=site.id, code="E1", name="反应器", name_en="Reactor")
            session.add(unit)
            await session.flush()
            points = [_point(site.id, unit.id, code) for code in codes]
            session.add_all(points)
            await session.flush()
            session.add_all([_rule(site.id, point, limits) for point in points])
            person = Person(
                site_id=site.id, account="bench", name="王", name_en="Wang", role=Role.MANAGER, password_hash="-"
            )
            session.add(person)
            await session.flush()
            return await open_session(session, person, device="bench", address="")
    finally:
        await database.close()


def _point(site_id: int, equipment_id: int, code: str) -> Point:
    return Point(
        site_id=site_id, equipment_id=equipment_id, code=code, name=code, name_en=code, unit="kPa", source=SOURCE
    )


def _rule(site_id: int, point: Point, limits: Mapping[str, Any]) -> AlarmRule:
    return AlarmRule(
        site_id=site_id,
        point_id=point.id,
        kind=RuleKind.THRESHOLD,
        name=point.code,
        level=Level.GENERAL,
        parameters={"limits": dict(limits)},
        deadband=5.0,
    )


async def answers(url: str, patience_s: float = READY_PATIENCE_S) -> None:
    """Wait until ``url`` answers anything at all. Raises TimeoutError."""
    async with asyncio.timeout(patience_s):
        while not await asyncio.to_thread(_answers, url):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (urllib.error.URLError, OSError):
        return False


async def count_to(connection: asyncpg.Connection, query: str, wanted: int, patience_s: float = 120.0) -> float:
    """Counts a second between the first look that counts anything and the one that counts ``wanted``."""
    first: tuple[float, int] | None = None
    async with asyncio.timeout(patience_s):
        while True:
            counted = int(await connection.fetchval(query) or 0)
            now = time.perf_counter()
            if first is None and counted:
                first = (now, counted)
            if first is not None and counted >= wanted:
                return (counted - first[1]) / max(now - first[0], 1e-9)
            await asyncio.sleep(0.02)


def arguments(description: str, seconds: int) -> argparse.ArgumentParser:
    """What every bench takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seconds", type=float, default=seconds, help="about how long to measure")
    return parser


def report(document: Mapping[str, Any]) -> None:
    """Print the one JSON document."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
