"""The event log over a database that loses power: what happens afterwards is told like everything else."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.events import present_cursor, read_events, record_event
from backend.core.migrate import migrate
from backend.embedded import DataFolder
from backend.embedded.postgres import Postgres
from tests.embedded.home import fresh_home
from tests.factories import make_site

UNDONE = 30


@pytest.fixture
async def postgres() -> AsyncIterator[Postgres]:
    with fresh_home() as home:
        folder = DataFolder(home / "data")
        folder.open()
        server = Postgres(folder, home / "state")
        server.start()
        await migrate(server.url)
        yield server
        server.kill()
        folder.close()


async def let_wal_wait(database: Database) -> None:
    """What nobody waits for is written to the disk so late that a power cut takes it."""
    async with database.engine.connect() as connection:
        direct = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await direct.execute(text("ALTER SYSTEM SET wal_writer_delay = '10s'"))
        await direct.execute(text("SELECT pg_reload_conf()"))


async def undo_some(database: Database) -> int:
    """Transactions that leave nothing on the disk; gives the last one's id."""
    last = 0
    for _ in range(UNDONE):
        async with database.session() as session:
            last = int((await session.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one())
            await session.rollback()
    return last


async def test_an_event_after_a_power_cut_is_told_though_its_transaction_id_was_used_before(postgres: Postgres) -> None:
    before = Database(postgres.url)
    async with before.session() as session:
        site_id = (await make_site(session)).id
        await record_event(session, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=1)
    async with before.session() as session:
        phone = await present_cursor(session)
    await let_wal_wait(before)
    used = await undo_some(before)
    async with before.session() as session:
        newcomer = await present_cursor(session)
        hub = (await read_events(session, phone)).cursor
    postgres.kill()
    await before.close()

    postgres.spawn()
    postgres.wait_ready()
    after = Database(postgres.url)
    async with after.session() as session:
        event = await record_event(session, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=2)
        txid = (await session.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one()
    async with after.session() as session:
        told = [[e.id for e in (await read_events(session, c)).events] for c in (phone, newcomer, hub)]
    await after.close()

    assert int(txid) <= used, "the crash gave no id back: this test shows nothing"
    assert told == [[event.id]] * 3
