"""A look on site: asked for at a cause, in the tasks of who holds the post, answered, weighed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Forbidden
from backend.core.events import Event
from backend.identity.models import Person, PostHolder, Role
from backend.tracing.checking import Answer, answer_check, ask_check
from backend.tracing.models import Trace, TraceCheck
from tests.hazards.pictures import photo
from tests.tracing.conftest import Troubled, made_trace, trouble
from tests.tracing.test_moments import reread, work
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


@pytest.fixture
async def traced(database: Database) -> tuple[Troubled, Trace]:
    found = await trouble(database)
    return found, await made_trace(database, found)


async def asked(database: Database, found: Troubled, trace: Trace, rank: int = 0) -> TraceCheck:
    async with database.session(site_id=found.site.id) as session:
        node = trace.result["causes"][rank]["node"]
        return await ask_check(session, found.actors[Role.LEADER], trace.id, node=node, question="阀门开着吗")


async def holder(database: Database, check: TraceCheck) -> int:
    async with database.session() as session:
        found = select(col(PostHolder.person_id)).where(
            col(PostHolder.post_id) == check.post_id, col(PostHolder.until).is_(None)
        )
        return (await session.scalars(found)).one()


async def test_it_goes_to_the_post_of_the_cause_s_equipment_with_a_time_limit_once(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    check = await asked(database, found, trace)
    assert check.post_id == found.equipment["FEED_A"].owner_post_id
    assert timedelta(minutes=29) < check.due_at - now() < timedelta(minutes=31)
    assert (await asked(database, found, trace)).id == check.id
    async with database.session() as session:
        told = (await session.scalars(select(Event).where(col(Event.kind) == "trace.check_asked"))).all()
    (event,) = [e for e in told if e.subject_id == trace.id]
    assert event.data["told"] == [await holder(database, check)]
    assert event.data["url"] == f"/checks/{check.id}" and event.level == "significant"


async def test_what_is_seen_there_moves_the_cause_down_or_up(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    leader = found.actors[Role.LEADER]
    before = [c["node"] for c in trace.result["causes"]]
    async with database.session(site_id=found.site.id) as session:
        check = await ask_check(session, leader, trace.id, node=before[0])
        await answer_check(session, leader, check.id, Answer("clear", "阀位正常"))
    await work(database, found)
    cleared = await reread(database, trace.id)
    assert cleared.result["causes"][0]["node"] != before[0]
    async with database.session(site_id=found.site.id) as session:
        check = await ask_check(session, leader, trace.id, node=before[2])
        await answer_check(session, leader, check.id, Answer("found", "阀杆断了"))
    await work(database, found)
    chance = {c["node"]: c["probability"] for c in (await reread(database, trace.id)).result["causes"]}
    assert chance[before[2]] > {c["node"]: c["probability"] for c in cleared.result["causes"]}[before[2]]


async def test_who_neither_holds_the_post_nor_leads_may_not_answer(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    check = await asked(database, found, trace)
    worker = found.actors[Role.WORKER]
    async with database.session(site_id=found.site.id) as session:
        with pytest.raises(Forbidden):
            await answer_check(session, replace(worker, post_ids=frozenset()), check.id, Answer("clear"))


async def test_the_holder_finds_it_in_their_tasks_answers_with_a_photo_and_who_asked_sees_it(
    app: FastAPI, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    check = await asked(database, found, trace)
    by_id = {person.id: person for person in found.people.values()}
    person_id = await holder(database, check)
    async with database.session() as session:
        person = by_id.get(person_id) or await session.get_one(Person, person_id)
    async with signed_in(app, person) as phone:
        assert f"/checks/{check.id}" in (await phone.get("/tasks")).text
        page = await phone.get(f"/checks/{check.id}")
        assert "阀门开着吗" in page.text and 'data-outbox="' in page.text
        refused = await phone.post(f"/checks/{check.id}", data={"note": "忘了选"})
        assert refused.status_code == 422 and "请选择现场情况" in refused.text and "忘了选" in refused.text
        answer = {"verdict": "found", "note": "阀门关着", "idempotency_key": "look-1"}
        files = {"photos": ("a.jpg", photo(), "image/jpeg")}
        sent: list[httpx.Response] = [
            await phone.post(f"/checks/{check.id}", data=answer, files=files) for _ in range(2)
        ]
        assert [(one.status_code, one.headers["location"]) for one in sent] == [(303, f"/checks/{check.id}?done=1")] * 2
        late = await phone.post(f"/checks/{check.id}", data={"verdict": "clear"})
        assert late.status_code == 409 and "已经有人核查过了" in late.text
        assert f"/checks/{check.id}" not in (await phone.get("/tasks")).text
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = await browser.get(f"/traces/{trace.id}")
        assert "阀门关着" in page.text and "是它，有异常" in page.text
        picture = page.text.split('src="/checks/photos/')[1].split('"')[0]
        assert (await browser.get(f"/checks/photos/{picture}")).headers["content-type"] == "image/webp"
