"""The event log tells everything once, whatever order transactions commit in."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.core.database import Database
from backend.core.events import Cursor, present_cursor, read_events, record_event, take_settled
from tests.factories import make_site


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def site_id(database: Database) -> int:
    async with database.session() as session:
        return (await make_site(session)).id


async def happen(database: Database, site_id: int, subject_id: int) -> int:
    async with database.session() as session:
        event = await record_event(
            session, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=subject_id
        )
        return event.id


async def read(database: Database, cursor: Cursor, site_id: int, **options: bool) -> tuple[list[int], Cursor]:
    async with database.session() as session:
        batch = await read_events(session, cursor, site_id=site_id, **options)
        return [e.subject_id for e in batch.events], batch.cursor


@given(st.integers(0, 2**62), st.frozensets(st.integers(1, 2**62), max_size=20))
def test_a_written_cursor_reads_back_as_the_same(horizon: int, above: frozenset[int]) -> None:
    assert Cursor.parse(str(Cursor(horizon, above))) == Cursor(horizon, above)


async def test_an_event_that_commits_late_is_told_though_a_later_id_was_already_told(
    database: Database, site_id: int
) -> None:
    async with database.session() as session:
        start = await present_cursor(session)
    late = database.session()
    slow = await late.__aenter__()
    await record_event(slow, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=1)
    await happen(database, site_id, 2)

    first, cursor = await read(database, start, site_id)
    await late.__aexit__(None, None, None)
    second, cursor = await read(database, cursor, site_id)
    third, _ = await read(database, cursor, site_id)

    assert (first, second, third) == ([2], [1], [])


async def test_a_settled_reader_waits_for_the_open_transaction_and_skips_nothing(
    database: Database, site_id: int
) -> None:
    async with database.session() as session:
        await take_settled(session, "test-settled")
    late = database.session()
    slow = await late.__aenter__()
    await record_event(slow, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=1)
    await happen(database, site_id, 2)
    async with database.session() as session:
        before = [e.subject_id for e in await take_settled(session, "test-settled")]
    await late.__aexit__(None, None, None)
    async with database.session() as session:
        after = [e.subject_id for e in await take_settled(session, "test-settled")]
    assert (before, after) == ([], [1, 2])


async def test_a_settled_reader_whose_transaction_fails_gets_the_same_events_again(
    database: Database, site_id: int
) -> None:
    async with database.session() as session:
        await take_settled(session, "test-crash")
    await happen(database, site_id, 7)
    with pytest.raises(RuntimeError):
        async with database.session() as session:
            assert [e.subject_id for e in await take_settled(session, "test-crash")] == [7]
            raise RuntimeError("killed")
    async with database.session() as session:
        assert [e.subject_id for e in await take_settled(session, "test-crash")] == [7]
    async with database.session() as session:
        assert await take_settled(session, "test-crash") == []


async def test_two_settled_readers_of_one_name_never_take_the_same_event(database: Database, site_id: int) -> None:
    async with database.session() as session:
        await take_settled(session, "test-pair")
    for number in range(20):
        await happen(database, site_id, number)

    async def take() -> list[int]:
        async with database.session() as session:
            taken = [e.subject_id for e in await take_settled(session, "test-pair")]
            await asyncio.sleep(0.05)
            return taken

    shares = await asyncio.gather(*(take() for _ in range(4)))
    assert sorted(n for share in shares for n in share) == list(range(20))


async def test_a_settled_reader_in_small_bites_never_cuts_a_transaction_in_two(
    database: Database, site_id: int
) -> None:
    async with database.session() as session:
        await take_settled(session, "test-bites")
    for first in (0, 10, 20):
        async with database.session() as session:
            for number in range(first, first + 10):
                await record_event(session, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=number)
    told: list[int] = []
    for _ in range(10):
        async with database.session() as session:
            told += [e.subject_id for e in await take_settled(session, "test-bites", most=4)]
    assert told == list(range(30))


async def test_two_hundred_events_while_asleep_are_all_told_once_in_pages(database: Database, site_id: int) -> None:
    async with database.session() as session:
        cursor = await present_cursor(session)
    await asyncio.gather(*(happen(database, site_id, number) for number in range(200)))
    told: list[int] = []
    while True:
        async with database.session() as session:
            batch = await read_events(session, cursor, site_id=site_id, most=30)
        told += [e.subject_id for e in batch.events]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(told) == list(range(200))


async def test_a_reader_of_one_site_is_told_nothing_of_another(database: Database, site_id: int) -> None:
    async with database.session() as session:
        other = (await make_site(session)).id
        cursor = await present_cursor(session)
    await happen(database, other, 5)
    told, _ = await read(database, cursor, site_id)
    assert told == []


async def test_a_rolled_back_change_leaves_no_event(database: Database, site_id: int) -> None:
    async with database.session() as session:
        cursor = await present_cursor(session)
    with pytest.raises(RuntimeError):
        async with database.session() as session:
            await record_event(session, site_id=site_id, kind="alarm.raised", subject="alarm", subject_id=9)
            raise RuntimeError
    told, _ = await read(database, cursor, site_id)
    async with database.session() as session:
        left = (
            await session.execute(text("SELECT count(*) FROM event WHERE site_id = :s"), {"s": site_id})
        ).scalar_one()
    assert (told, left) == ([], 0)
