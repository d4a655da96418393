"""A look on site: asked for at a cause, in the tasks of who holds the post, answered, weighed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Forbidden
from backend.core.events import Event
from backend.identity.models import Person, PostHolder, Role
from backend.tracing.checks.answering import Answer, answer_check
from backend.tracing.checks.asking import ask_check
from backend.tracing.checks.patience import Reach, next_reminder, reach
from backend.tracing.checks.reminding import remind_of_checks
from backend.tracing.checks.wanting import questions_of
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
        return await ask_check(session, found.actors[Role.LEADER], trace.id, node=node, words="阀门开着吗")


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
    leader = found.actors[Role.LEADER]
    (event,) = [e for e in told if (e.subject_id, e.actor_id) == (trace.id, leader.person_id)]
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
        await answer_check(session, leader, check.id, Answer("clear", note="阀位正常"))
    await work(database, found)
    cleared = await reread(database, trace.id)
    assert cleared.result["causes"][0]["node"] != before[0]
    async with database.session(site_id=found.site.id) as session:
        check = await ask_check(session, leader, trace.id, node=before[2])
        await answer_check(session, leader, check.id, Answer("found", note="阀杆断了"))
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


async def open_at(database: Database, trace: Trace, equipment_id: int) -> list[TraceCheck]:
    async with database.session() as session:
        of_trace = select(TraceCheck).where(col(TraceCheck.trace_id) == trace.id).order_by(col(TraceCheck.id))
        found = of_trace.where(col(TraceCheck.answered_at).is_(None), col(TraceCheck.equipment_id) == equipment_id)
        return list(await session.scalars(found))


async def test_a_leader_s_look_joins_what_the_trace_asks_there_and_one_visit_answers_both(
    app: FastAPI, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    feed = found.equipment["FEED_A"].id
    before = await open_at(database, trace, feed)
    check = await asked(database, found, trace)
    assert check.id in {one.id for one in before} and check.question and check.words == "阀门开着吗"
    assert len(await open_at(database, trace, feed)) == len(before), "nobody is sent there twice"
    async with signed_in(app, found.people[Role.WORKER]) as phone:
        page = (await phone.get(f"/checks/{check.id}")).text
        assert check.text in page and "阀门开着吗" in page and 'name="answer"' in page and 'name="verdict"' in page
        card = (await phone.get(f"/traces/{trace.id}")).text
        assert f'href="/checks/{check.id}"' in card
        sent = await phone.post(f"/checks/{check.id}", data={"answer": "no", "verdict": "found"})
        assert sent.status_code == 303
    done = await reread_check(database, check.id)
    assert (done.answer, done.verdict) == ("no", "found") and done.effect
    cited = [c for one in (await reread(database, trace.id)).result["fused"] for c in one["cites"]]
    assert "answer" in {cite["kind"] for cite in cited}, "an answer counts at once"
    first = trace.result["causes"][0]
    await work(database, found)
    chance = {c["node"]: c["probability"] for c in (await reread(database, trace.id)).result["causes"]}
    assert chance[first["node"]] > first["probability"], "a verdict when the trace is made anew"


async def test_what_the_trace_asks_joins_a_leader_s_look_that_waits_there(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    feed = found.equipment["FEED_A"].id
    async with database.session() as session:
        of_trace = select(TraceCheck).where(col(TraceCheck.trace_id) == trace.id)
        for one in await session.scalars(of_trace):
            await session.delete(one)
    check = await asked(database, found, trace)
    assert check.question == ""
    again = await made_trace(database, found)
    (first, *_) = await open_at(database, again, feed)
    assert first.id == check.id and first.question and first.words == "阀门开着吗"
    asked_there = [one for one in questions_of(again.result["fused"]) if one["equipment_id"] == feed]
    assert len(await open_at(database, again, feed)) == len(asked_there)
    async with database.session(site_id=found.site.id) as session:
        old_form = Answer("clear", note="只问了这个")
        done = await answer_check(session, found.actors[Role.WORKER], check.id, old_form)
    assert (done.verdict, done.answer) == ("clear", ""), "a form from before the question came counts"


async def test_who_is_to_look_is_reminded_then_who_leads_then_managers_and_nobody_of_what_is_done(
    database: Database, traced: tuple[Troubled, Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, trace = traced
    check = await asked(database, found, trace)
    other = await asked(database, found, trace, 1)
    async with database.session(site_id=found.site.id) as session:
        await answer_check(session, found.actors[Role.LEADER], other.id, Answer("unsure", "unknown"))
    whole = check.due_at - check.created_at
    worker = await holder(database, check)
    told = []
    for late in (0.4, 0.6, 0.7, 1.1, 2.1, 9.0):
        at = check.created_at + whole * late
        monkeypatch.setattr("backend.tracing.checks.reminding.now", lambda at=at: at)
        async with database.session() as session:
            await remind_of_checks(session)
        told.append(await waiting_told(database, trace, check))
    counts = [len(one) for one in told]
    assert counts == [0, 1, 1, 2, 3, 3]
    first, second, third = told[-1]
    assert first == {worker}
    assert found.actors[Role.LEADER].person_id in second and worker in second
    assert found.actors[Role.SAFETY_OFFICER].person_id in third - second
    assert await waiting_told(database, trace, other) == []


async def waiting_told(database: Database, trace: Trace, check: TraceCheck) -> list[set[int]]:
    """Whom each reminder of a look was told, in their order."""
    async with database.session() as session:
        events = select(Event).where(col(Event.kind) == "trace.check_waiting", col(Event.subject_id) == trace.id)
        found = await session.scalars(events.order_by(col(Event.id)))
        return [set(event.data["told"]) for event in found if event.data["url"] == f"/checks/{check.id}"]


async def reread_check(database: Database, check_id: int) -> TraceCheck:
    async with database.session() as session:
        return await session.get_one(TraceCheck, check_id)


@given(
    span=st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=2)),
    late=st.floats(min_value=0, max_value=5),
)
def test_reminders_come_at_most_three_times_and_climb_only(span: timedelta, late: float) -> None:
    begun = now()
    due, at = begun + span, begun + span * late
    following, count = next_reminder(begun, due, at), 0
    climbed = reach(begun, due, at, by_person=True)
    while following is not None:
        assert following > at
        at, count = following, count + 1
        assert reach(begun, due, at, by_person=True) >= climbed
        assert reach(begun, due, at, by_person=False) <= Reach.LEADERS
        climbed, following = reach(begun, due, at, by_person=True), next_reminder(begun, due, at)
    assert count <= 3
