"""What is written as of another moment bears that moment, whoever stamps it; nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.events import record_event
from backend.core.past import as_of
from tests.factories import make_site

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@given(st.lists(st.integers(-1_000_000, 1_000_000), min_size=1, max_size=5))
def test_the_innermost_moment_holds_and_then_the_one_around_it(minutes: list[int]) -> None:
    moments = [NOON + timedelta(minutes=n) for n in minutes]

    def enter(rest: list[datetime]) -> None:
        if rest:
            with holding(rest[0]):
                assert now() == rest[0]
                enter(rest[1:])
                assert now() == rest[0]

    enter(moments)
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)


async def test_another_task_keeps_the_true_time() -> None:
    async def look(began: asyncio.Event, done: asyncio.Event) -> datetime:
        began.set()
        await done.wait()
        return now()

    began, done = asyncio.Event(), asyncio.Event()
    other = asyncio.create_task(look(began, done))
    await began.wait()
    with holding(NOON):
        done.set()
        assert await other > NOON + timedelta(minutes=1)


async def test_both_clocks_stamp_the_moment_and_the_true_one_after_it(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        async with as_of(session, NOON):
            then = await record_event(session, site_id=site.id, kind="a.b", subject="a", subject_id=1)
        later = await record_event(session, site_id=site.id, kind="a.b", subject="a", subject_id=1)
        await session.refresh(then)
        await session.refresh(later)
        assert then.at == NOON
        assert later.at > NOON + timedelta(minutes=1)


async def test_what_is_held_ends_with_the_transaction(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
    try:
        async with database.session() as session, as_of(session, NOON):
            raise InterruptedError
    except InterruptedError:
        pass
    async with database.session() as session:
        event = await record_event(session, site_id=site.id, kind="a.b", subject="a", subject_id=1)
        await session.refresh(event)
        assert event.at > NOON + timedelta(minutes=1)
        assert (await session.execute(text("SELECT current_setting('ansu.clock', true)"))).scalar_one() in ("", None)
