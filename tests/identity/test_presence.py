"""That somebody used AnSu on a day is noted, once an hour, and nothing else is."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sqlalchemy import event, select
from sqlmodel import col

from backend.core.clock import holding, now
from backend.core.database import Database
from backend.identity.models import Person, PersonDay, Role
from backend.identity.presence import Noted, note_presence
from tests.factories import actor_for, make_person, make_site
from tests.webclient import running_app, signed_in

SHANGHAI = ZoneInfo("Asia/Shanghai")
SIX = datetime(2026, 11, 27, 6, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
async def person(app: FastAPI) -> Person:
    async with app.state.database.session() as session:
        return await make_person(session, await make_site(session, time_zone="Asia/Shanghai"), Role.WORKER)


async def days(database: Database, person: Person) -> list[PersonDay]:
    async with database.session() as session:
        wanted = select(PersonDay).where(col(PersonDay.person_id) == person.id).order_by(col(PersonDay.day))
        return list(await session.scalars(wanted))


def test_an_hour_of_the_site_is_claimed_once_and_given_back_when_it_was_not_written() -> None:
    known, within, past = Noted(), timedelta(minutes=49), timedelta(minutes=50)
    assert [known.claim(1, SIX, SHANGHAI), known.claim(1, SIX + within, SHANGHAI)] == [True, False]
    assert known.claim(2, SIX, SHANGHAI), "somebody else"
    assert known.claim(1, SIX + past, SHANGHAI) and known.claim(1, SIX + timedelta(days=1), SHANGHAI)
    known.give_back(2)
    assert known.claim(2, SIX, SHANGHAI)
    kathmandu = ZoneInfo("Asia/Kathmandu")  # 11:55 there: its hour ends at :15 by UTC
    assert [known.claim(3, SIX, kathmandu), known.claim(3, SIX + timedelta(minutes=5), kathmandu)] == [True, True]


def test_what_it_remembers_does_not_grow_without_end() -> None:
    known = Noted(most=3)
    for person_id in range(10):
        assert known.claim(person_id, SIX, SHANGHAI)
    assert len(known._hours) <= 3


async def test_a_page_somebody_opens_makes_their_day_and_the_next_ones_write_nothing(
    app: FastAPI, person: Person
) -> None:
    database, writes = app.state.database, []
    engine = database.engine.sync_engine

    def watch(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "person_day" in statement:
            writes.append(statement)

    event.listen(engine, "before_cursor_execute", watch)
    try:
        async with signed_in(app, person) as browser:
            for path in ("/tasks", "/me", "/feedback", "/tasks"):
                assert (await browser.get(path)).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    (one,) = await days(database, person)
    assert len(writes) == 1, "unless the hour ended in between"
    assert one.day == now().astimezone(SHANGHAI).date()
    assert set(PersonDay.model_fields) == {"site_id", "person_id", "day", "first_at", "last_at"}, (
        "nothing of what they did"
    )


async def test_what_pages_and_phones_fetch_by_themselves_is_no_use(app: FastAPI, person: Person) -> None:
    async with signed_in(app, person) as browser:
        assert (await browser.get("/tasks", headers={"HX-Request": "true"})).status_code == 200
        assert (await browser.get("/offline/ahead.json")).status_code == 200
        assert await days(app.state.database, person) == []
        theme = await browser.post("/me/theme", data={"theme": "dark"}, headers={"HX-Request": "true"})
        assert theme.status_code == 303
    assert len(await days(app.state.database, person)) == 1


async def test_a_request_that_fails_leaves_it_to_the_next(app: FastAPI, person: Person) -> None:
    async with signed_in(app, person) as browser:
        assert (await browser.get("/feedback/999999")).status_code == 404
        assert await days(app.state.database, person) == []
        assert (await browser.get("/tasks")).status_code == 200
    assert len(await days(app.state.database, person)) == 1


async def test_two_processes_of_one_hour_keep_the_first_and_the_last_moment(app: FastAPI, person: Person) -> None:
    database, one, other = app.state.database, Noted(), Noted()
    late = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)  # 00:30 of the 28th in Shanghai
    for known, at in ((one, SIX), (other, SIX + timedelta(minutes=5)), (one, SIX + timedelta(minutes=20)), (one, late)):
        with holding(at):
            async with database.session() as session:
                await note_presence(session, await actor_for(session, person), known)
    found = [(day.day, day.first_at, day.last_at) for day in await days(database, person)]
    assert found == [
        (date(2026, 11, 27), SIX, SIX + timedelta(minutes=5)),
        (date(2026, 11, 28), late, late),
    ], "20 minutes later is the same hour: not written again"
