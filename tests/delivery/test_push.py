"""Push to a sleeping phone: once an event, encrypted for it alone, not at night, not to who has signed out."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.core.database import Database
from backend.core.events import record_event
from backend.core.jobs import MAX_ATTEMPTS, due_jobs, run_job
from backend.delivery.commands.pushing import intend_pushes
from backend.delivery.push_message import may_call
from backend.delivery.quiet import wakes
from backend.delivery.vapid import public_key
from backend.identity.models import Person, Role
from backend.identity.sessions import revoke
from tests.delivery.pushing import Browser, PushService, claims_of, push_service
from tests.factories import make_person, make_site
from tests.webclient import running_app, signed_in
from workers.handlers import HANDLERS


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url, ANSU_PUSH_HOSTS="127.0.0.1", NO_PROXY="127.0.0.1") as app:
        yield app


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database


async def subscribed(app: FastAPI, service: PushService, **who: Any) -> tuple[Person, Browser]:
    """A person whose phone may be woken, over the pages' own routes."""
    database: Database = app.state.database
    async with database.session() as session:
        person = await make_person(session, await make_site(session), Role.WORKER, **who)
    phone = Browser()
    async with signed_in(app, person) as browser:
        form = {"endpoint": f"{service.url}/{person.id}", "p256dh": phone.p256dh, "auth": phone.auth}
        answer = await browser.post("/me/notices/subscribe", data=form)
        assert answer.status_code == 204, answer.text
    return person, phone


async def happen(database: Database, person: Person, level: str = "significant") -> int:
    """Something the person is told of; what the worker does about it up to the job."""
    async with database.session() as session:
        event = await record_event(
            session,
            site_id=person.site_id,
            kind="alarm.raised",
            subject="alarm",
            subject_id=7,
            level=level,
            data={
                "told": [person.id],
                "title_zh": "反应器压力 高报",
                "title_en": "Reactor pressure high",
                "url": "/alarms/7",
                "value": 2897.5,
            },
        )
    async with database.session() as session:
        await intend_pushes(session)
    return event.id


async def work(database: Database) -> None:
    """Do what is due now."""
    async with database.session() as session:
        jobs = await due_jobs(session)
    for job in jobs:
        await run_job(database, HANDLERS, job)


async def states(database: Database, event: int) -> list[str]:
    async with database.session() as session:
        found = await session.execute(
            text("SELECT state FROM delivery WHERE event_id = :id AND channel LIKE 'push:%'"), {"id": event}
        )
        return list(found.scalars())


async def phones(database: Database, person: Person) -> int:
    async with database.session() as session:
        found = await session.execute(
            text("SELECT count(*) FROM push_subscription WHERE person_id = :id"), {"id": person.id}
        )
        return int(found.scalar_one())


async def test_an_event_wakes_the_phone_once_in_its_language_and_tells_no_values(
    app: FastAPI, database: Database, service: PushService
) -> None:
    person, phone = await subscribed(app, service, locale="en")
    event = await happen(database, person)
    async with database.session() as session:
        await intend_pushes(session)
    await work(database)
    await work(database)
    ((path, headers, body),) = service.got
    assert path == f"/{person.id}"
    told = phone.read(body)
    assert told == {
        "title": "Reactor pressure high",
        "url": "/alarms/7",
        "level": "significant",
        "level_word": "Significant",
        "tag": "alarm:7",
        "event": event,
    }
    assert b"Reactor" not in body
    assert (headers["content-encoding"], headers["urgency"], headers["ttl"]) == ("aes128gcm", "high", "7200")
    claims = claims_of(headers["authorization"], public_key())
    assert claims["aud"] == service.url
    assert claims["sub"].startswith("mailto:")
    assert await states(database, event) == ["sent"]


async def test_a_push_service_that_is_away_is_asked_again_later_and_given_up_in_the_end(
    app: FastAPI, database: Database, service: PushService
) -> None:
    person, _ = await subscribed(app, service)
    service.answers = [503, 429]
    event = await happen(database, person)
    for _attempt in range(3):
        await work(database)
        async with database.session() as session:
            await session.execute(text("UPDATE job SET due_at = now() WHERE status = 'queued'"))
    assert len(service.got) == 3
    assert await states(database, event) == ["sent"]

    service.answers = [500] * 10
    event = await happen(database, person)
    for _attempt in range(MAX_ATTEMPTS + 1):
        await work(database)
        async with database.session() as session:
            await session.execute(text("UPDATE job SET due_at = now() WHERE status = 'queued'"))
    assert len(service.got) == 3 + MAX_ATTEMPTS
    assert await states(database, event) == ["failed"]
    async with database.session() as session:
        assert (await session.execute(text("SELECT count(*) FROM job WHERE status = 'dead'"))).scalar_one() == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_ended_is_forgotten(
    app: FastAPI, database: Database, service: PushService, status: int
) -> None:
    person, _ = await subscribed(app, service)
    service.answers = [status]
    event = await happen(database, person)
    await work(database)
    assert await states(database, event) == ["gone"]
    assert await phones(database, person) == 0


async def test_a_redirect_is_not_followed(app: FastAPI, database: Database, service: PushService) -> None:
    person, _ = await subscribed(app, service)
    service.answers = [307]
    event = await happen(database, person)
    await work(database)
    assert len(service.got) == 1
    assert await states(database, event) == ["failed"]


async def test_who_has_signed_out_is_not_woken(app: FastAPI, database: Database, service: PushService) -> None:
    person, _ = await subscribed(app, service)
    event = await happen(database, person)
    async with database.session() as session:
        await revoke(session, person.id)
    await work(database)
    later = await happen(database, person)
    await work(database)
    assert service.got == []
    assert await states(database, event) == ["gone"]
    assert await states(database, later) == []


async def test_quiet_hours_hold_a_push_but_never_a_major_one(
    app: FastAPI, database: Database, service: PushService
) -> None:
    person, phone = await subscribed(app, service)
    async with signed_in(app, person) as browser:
        wrong = await browser.post("/me/notices/quiet", data={"general_from": "22:00"})
        assert wrong.status_code == 422
        always = {
            f"{level}_{end}": "00:00" for level in ("major", "significant", "general") for end in ("from", "until")
        }
        assert (await browser.post("/me/notices/quiet", data=always)).status_code == 303
        assert 'value="00:00"' in (await browser.get("/me/notices")).text
    held = await happen(database, person)
    major = await happen(database, person, "major")
    low = await happen(database, person, "low")
    await work(database)
    assert (await states(database, held), await states(database, major)) == (["held"], ["sent"])
    assert await states(database, low) == ["sent"]
    assert [phone.read(body)["level"] for _, _, body in service.got] == ["major", "low"]


async def test_a_person_tests_and_removes_their_own_phone(
    app: FastAPI, database: Database, service: PushService
) -> None:
    person, phone = await subscribed(app, service)
    async with signed_in(app, person) as browser:
        await browser.post("/me/notices/test")
        await work(database)
        assert phone.read(service.got[0][2])["url"] == "/me/notices"
        async with database.session() as session:
            found = await session.execute(
                text("SELECT id FROM push_subscription WHERE person_id = :id"), {"id": person.id}
            )
        await browser.post(f"/me/notices/{found.scalar_one()}/end")
    assert await phones(database, person) == 0


async def test_a_phone_can_name_no_address_but_a_push_services(app: FastAPI, database: Database) -> None:
    async with database.session() as session:
        person = await make_person(session, await make_site(session))
    phone = Browser()
    async with signed_in(app, person) as browser:
        form = {"endpoint": "http://192.168.1.1/admin", "p256dh": phone.p256dh, "auth": phone.auth}
        assert (await browser.post("/me/notices/subscribe", data=form)).status_code == 422
    hosts = "fcm.googleapis.com,*.push.apple.com"
    assert may_call("https://web.push.apple.com/Q1", hosts)
    for endpoint in (
        "http://fcm.googleapis.com/x",
        "https://evilpush.apple.com.example/x",
        "https://push.apple.com/x",
        "https://me@fcm.googleapis.com/x",
        "https://[::1/x",
    ):
        assert not may_call(endpoint, hosts)


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_quiet_hours_go_round_midnight(minute: int, starts: int, ends: int) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    at = datetime(2026, 11, 26, minute // 60, minute % 60, tzinfo=zone).astimezone(UTC)
    quiet = {(starts + step) % 1440 for step in range((ends - starts) % 1440 or 1440)}
    assert wakes("low", at, zone, {"low": (starts, ends)}) == (minute not in quiet)
    assert wakes("major", at, zone, {"major": (starts, ends)})
    assert wakes("", at, zone, {"general": (starts, ends)}) == (minute not in quiet)
