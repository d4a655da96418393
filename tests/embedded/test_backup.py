"""A backup of one AnSu, brought back into another: rows, photos, and an event log that goes on."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database
from backend.core.events import present_cursor, read_events, record_event, take_settled
from backend.core.migrate import differences, migrate
from backend.embedded import DataFolder, EmbeddedServers
from backend.embedded.clients import client_environment
from tests.embedded.home import fresh_home
from tests.embedded.running import ROOT
from tests.factories import make_site

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
    async with session_on(database_url) as session:
        site = await make_site(session, code="kept")
        await tell(session, site.id, "test.told")
    async with session_on(database_url) as session:
        await session.execute(text("UPDATE event SET txid = :late"), {"late": LATE})
        await session.execute(text("INSERT INTO event_reader(name, horizon) VALUES ('delivery', :h)"), {"h": LATE + 1})
    script("backup", tmp_path / "backup", database_url, tmp_path / "old")

    await migrate(second.postgres.url)
    script("restore", tmp_path / "backup", second.postgres.url, tmp_path / "new")

    assert (tmp_path / "new" / "photos" / "ab" / "photo.webp").read_bytes() == b"picture"
    assert str(await differences(second.postgres.url)) == str(await differences(database_url))
    async with session_on(second.postgres.url) as session:
        assert (await session.execute(text("SELECT code FROM site"))).scalars().all() == ["kept"]
        cursor = await present_cursor(session)
    async with session_on(second.postgres.url) as session:
        await tell(session, site.id, "test.new")
    async with session_on(second.postgres.url) as session:
        assert [event.kind for event in (await read_events(session, cursor)).events] == ["test.new"]
        assert [event.kind for event in await take_settled(session, "delivery")] == ["test.new"]


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
