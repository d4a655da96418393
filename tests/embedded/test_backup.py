"""A backup of one AnSu, brought back into another: rows, photos, and an event log that goes on."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database
from backend.core.events import present_cursor, read_events, record_event, take_settled
from backend.core.migrate import differences, migrate
from backend.embedded import DataFolder, EmbeddedServers
from backend.embedded.clients import client_environment
from backend.telemetry.partitions import ensure_partitions, partition_days
from tests.embedded.home import fresh_home
from tests.embedded.running import ROOT
from tests.factories import make_site

TODAY = datetime.now(UTC).date()
KEPT_DAY, FOREIGN_DAY = TODAY - timedelta(days=40), TODAY + timedelta(days=40)
"""Days of readings that only the saved database has, and only the one it is restored over."""
LATE = 300_000
"""A transaction number of a plant that has run for a while."""


@pytest.fixture(scope="module")
def second() -> Iterator[EmbeddedServers]:
    """Another machine's new database server."""
    with fresh_home() as home:
        folder = DataFolder(home / "data")
        folder.open()
        servers = EmbeddedServers(folder, system_state=home / "state", which={"postgres"}, durable=False)
        servers.start()
        yield servers
        servers.stop()
        folder.close()


def script(name: str, folder: Path, url: str, data: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / name, folder],
        env={**os.environ, "ANSU_DATABASE_URL": url, "ANSU_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@asynccontextmanager
async def session_on(url: str) -> AsyncIterator[AsyncSession]:
    database = Database(url, pool_size=1)
    async with database.session() as session:
        yield session
    await database.close()


async def tell(session: AsyncSession, site_id: int, kind: str) -> None:
    await record_event(session, site_id=site_id, kind=kind, subject="test", subject_id=1)


async def test_a_backup_comes_back_on_a_new_server_and_its_event_log_goes_on(
    database_url: str, second: EmbeddedServers, tmp_path: Path
) -> None:
    photo = tmp_path / "old" / "photos" / "ab" / "photo.webp"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"picture")
    key = tmp_path / "old" / "secrets" / "labels.key"
    key.parent.mkdir()
    key.write_text("key of labels")
    async with session_on(database_url) as session:
        site = await make_site(session, code="kept")
        await tell(session, site.id, "test.told")
    async with session_on(database_url) as session:
        await session.execute(text("UPDATE event SET txid = :late"), {"late": LATE})
        await session.execute(text("INSERT INTO event_reader(name, horizon) VALUES ('delivery', :h)"), {"h": LATE + 1})
        await ensure_partitions(session, [KEPT_DAY])
    script("backup", tmp_path / "backup", database_url, tmp_path / "old")

    await migrate(second.postgres.url)
    async with session_on(second.postgres.url) as session:
        await ensure_partitions(session, [FOREIGN_DAY])
        await make_site(session, code="replaced")
    script("restore", tmp_path / "backup", second.postgres.url, tmp_path / "new")

    assert (tmp_path / "new" / "photos" / "ab" / "photo.webp").read_bytes() == b"picture"
    restored = tmp_path / "new" / "secrets" / "labels.key"
    assert restored.read_text() == "key of labels" and restored.stat().st_mode & 0o777 == 0o600
    assert str(await differences(second.postgres.url)) == str(await differences(database_url))
    async with session_on(second.postgres.url) as session:
        assert (await session.execute(text("SELECT code FROM site"))).scalars().all() == ["kept"]
        assert KEPT_DAY in (days := await partition_days(session)) and FOREIGN_DAY not in days
        cursor = await present_cursor(session)
    async with session_on(second.postgres.url) as session:
        await tell(session, site.id, "test.new")
    async with session_on(second.postgres.url) as session:
        assert [event.kind for event in (await read_events(session, cursor)).events] == ["test.new"]
        assert [event.kind for event in await take_settled(session, "delivery")] == ["test.new"]


@pytest.mark.parametrize("lost", [slice(-4000, None), slice(-400, -100)], ids=["cut short", "a block unreadable"])
async def test_a_backup_that_cannot_be_read_changes_nothing(
    database_url: str, second: EmbeddedServers, tmp_path: Path, lost: slice
) -> None:
    await migrate(second.postgres.url)
    async with session_on(second.postgres.url) as session:
        stays = await make_site(session)
    script("backup", tmp_path / "torn", database_url, tmp_path)
    dump = tmp_path / "torn" / "database.dump"
    torn = bytearray(dump.read_bytes())
    torn[lost] = b"" if lost.stop is None else b"?" * 300
    dump.write_bytes(torn)
    with pytest.raises(AssertionError, match="nothing was changed"):
        script("restore", tmp_path / "torn", second.postgres.url, tmp_path)
    async with session_on(second.postgres.url) as session:
        assert stays.code in (await session.execute(text("SELECT code FROM site"))).scalars().all()


def test_a_backup_is_never_written_over(database_url: str, tmp_path: Path) -> None:
    script("backup", tmp_path / "once", database_url, tmp_path)
    with pytest.raises(AssertionError, match="holds a backup already"):
        script("backup", tmp_path / "once", database_url, tmp_path)


def test_a_password_with_any_sign_reaches_the_program() -> None:
    found = client_environment("postgresql://ansu:p%40ss%2Fword@db:6543/plant")
    assert found == {
        "PGHOST": "db",
        "PGPORT": "6543",
        "PGUSER": "ansu",
        "PGPASSWORD": "p@ss/word",
        "PGDATABASE": "plant",
    }
