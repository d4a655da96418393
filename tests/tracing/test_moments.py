"""The three moments and the trace by hand, as worker and people go through them on a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.commands import acknowledge, clear_alarm, raise_alarm
from backend.alarms.commands.making import Occurrence
from backend.alarms.models import Alarm, Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.jobs import Job, run_job
from backend.identity.models import AuditEntry, Role
from backend.tracing.asking import Question, ask_review, ask_trace
from backend.tracing.circumstances import traces
from backend.tracing.commands import dismiss_cause, take_back
from backend.tracing.models import TRACE_JOB, Origin, Stage, Trace
from tests.tracing.conftest import Troubled, made_trace, trouble
from workers.handlers import HANDLERS


async def work(database: Database, found: Troubled) -> None:
    """Do the site's trace jobs that are due, as the worker does."""
    async with database.session() as session:
        wanted = select(col(Job.id)).where(
            col(Job.kind) == TRACE_JOB, col(Job.site_id) == found.site.id, col(Job.due_at) <= now()
        )
        due = list(await session.scalars(wanted.where(col(Job.status) == "queued").order_by(col(Job.id))))
    for job_id in due:
        assert await run_job(database, HANDLERS, job_id)


async def reread(database: Database, trace_id: int) -> Trace:
    async with database.session() as session:
        return await session.get_one(Trace, trace_id)


async def events_of(database: Database, trace: Trace) -> list[Event]:
    async with database.session() as session:
        told = col(Event.kind).in_(["trace.made", "trace.refined"])
        wanted = select(Event).where(told, col(Event.subject_id) == trace.id)
        return list(await session.scalars(wanted.order_by(col(Event.id))))


async def warned(database: Database) -> Troubled:
    """A site whose learned normal alone has spoken."""
    found = await trouble(database)
    async with database.session() as session:
        await session.execute(text("UPDATE alarm SET state = 'closed' WHERE id = :id"), {"id": found.alarm_id})
        await session.execute(text("UPDATE alarm_group SET closed_at = now() WHERE id = :id"), {"id": found.group_id})
        point = found.points["XMEAS_1"]
        found.alarm_id = await raise_alarm(
            session,
            Occurrence(
                site_id=found.site.id,
                condition_key="deviation:whole",
                kind=RuleKind.DEVIATION,
                level=Level.GENERAL,
                warning=True,
                title="全厂工况偏离",
                title_en="The plant deviates",
                point_id=point.id,
                equipment_id=point.equipment_id,
                area_id=point.area_id,
                reading_at=now(),
            ),
        )
        found.group_id = (await session.get_one(Alarm, found.alarm_id)).group_id or 0
    return found


async def test_a_warning_is_traced_and_its_notice_names_the_probable_root(database: Database) -> None:
    found = await warned(database)
    await work(database, found)
    async with database.session() as session:
        made = (await session.scalars(select(Trace).where(col(Trace.group_id) == found.group_id))).one()
    assert (made.origin, made.stage, made.revision) == (Origin.WARNING, Stage.LIVE, 1)
    (told,) = await events_of(database, made)
    assert told.data["told"] == [found.people[Role.LEADER].id]
    top = next(one for one in made.result["fused"] if not one["contributes"])
    place = next(one for one in found.equipment.values() if one.id == top["equipment_id"])
    assert told.data["title_zh"] == f"全厂工况偏离，可能根源：{place.name}：{top['title']}"
    assert told.data["title_en"] == f"The plant deviates; probable root: {place.name_en}: {top['title_en']}"
    assert told.data["tag"] == f"trace:{made.id}", "the alarm's own call must not push it off the phone"


async def test_an_alarm_that_joins_makes_the_warning_s_trace_an_alarm_s(database: Database) -> None:
    found = await warned(database)
    made = await made_trace(database, found)
    async with database.session() as session:
        await session.execute(
            text("UPDATE alarm SET group_id = :group WHERE site_id = :site"),
            {"group": found.group_id, "site": found.site.id},
        )
    again = await made_trace(database, found)
    assert (made.origin, again.origin, again.revision) == (Origin.WARNING, Origin.ALARM, 2)
    first, second = await events_of(database, made)
    assert second.data["told"] == first.data["told"] and second.level == Level.SIGNIFICANT
    assert second.data["title_zh"].startswith("反应器压力 高报，可能根源：")


async def test_when_its_alarms_are_closed_the_whole_process_is_traced(database: Database) -> None:
    found = await trouble(database)
    live = await made_trace(database, found)
    async with database.session(site_id=found.site.id) as session:
        await acknowledge(session, found.actors[Role.LEADER], found.alarm_id)
        key = (await session.get_one(Alarm, found.alarm_id)).condition_key
        await clear_alarm(session, found.site.id, key, now())
    await work(database, found)
    review = await reread(database, live.id)
    assert (review.stage, review.result["stage"]) == (Stage.REVIEW, "review")
    begun = review.result["started_at"]
    assert begun is not None and review.window_from.isoformat() < begun
    async with database.session() as session:
        waiting = select(Job).where(col(Job.site_id) == found.site.id, col(Job.kind) == TRACE_JOB)
        assert not list(await session.scalars(waiting.where(col(Job.status) == "queued")))


async def test_the_whole_process_can_be_asked_for_before(database: Database) -> None:
    found = await trouble(database)
    live = await made_trace(database, found)
    async with database.session(site_id=found.site.id) as session:
        await ask_review(session, found.actors[Role.LEADER], live.id)
    await work(database, found)
    assert (await reread(database, live.id)).stage == Stage.REVIEW


async def ask(database: Database, found: Troubled, what: str, role: Role = Role.LEADER) -> Trace:
    until = now()
    async with database.session(site_id=found.site.id) as session:
        question = Question(what, until - timedelta(minutes=5), until)
        return await ask_trace(session, found.actors[role], question)


@pytest.mark.parametrize("what", ["point", "equipment", ""])
async def test_a_trace_by_hand_of_a_point_equipment_or_the_plant_finds_the_root(database: Database, what: str) -> None:
    found = await trouble(database)
    key = {"point": found.point_key("XMEAS_7"), "equipment": found.equipment_key("REACTOR"), "": ""}[what]
    asked = await ask(database, found, key)
    assert (asked.revision, asked.origin, asked.group_id) == (0, Origin.HAND, None)
    await work(database, found)
    made = await reread(database, asked.id)
    assert made.revision == 1 and (made.window_from, made.window_to) == (asked.window_from, asked.window_to)
    assert made.result["units"][0]["equipment_id"] == found.equipment["FEED_A"].id
    if what == "point":
        assert made.result["symptom"] == key
    if what == "equipment":
        own = {f"point:{p.id}" for p in found.points.values() if p.equipment_id == found.equipment["REACTOR"].id}
        assert made.result["symptom"] in own
    (told,) = await events_of(database, made)
    assert told.data["told"] == [found.people[Role.LEADER].id] and "首要根源" in told.data["title_zh"]


async def test_who_may_not_and_what_is_not_theirs_and_times_that_cannot_be_are_refused(database: Database) -> None:
    found, stranger = await trouble(database), await trouble(database)
    with pytest.raises(Forbidden):
        await ask(database, found, "", Role.WORKER)
    with pytest.raises(NotFound):
        await ask(database, stranger, found.point_key("XMEAS_7"))
    for what in ("person:1", "point:x", "point:99999999999999999999"):
        with pytest.raises(NotFound):
            await ask(database, found, what)
    leader = found.actors[Role.LEADER]
    async with database.session(site_id=found.site.id) as session:
        for since, until in ((now(), now()), (now() - timedelta(days=40), now()), (now() + timedelta(days=1), now())):
            with pytest.raises(Invalid) as refused:
                await ask_trace(session, leader, Question("", since, until))
            assert list(refused.value.fields) == ["since"]


async def test_a_cause_that_a_person_rules_out_falls_and_can_be_taken_back(database: Database) -> None:
    found = await trouble(database)
    first = await made_trace(database, found)
    node = first.result["causes"][0]["node"]
    leader = found.actors[Role.LEADER]
    async with database.session(site_id=found.site.id) as session:
        await dismiss_cause(session, leader, first.id, node=node)
        await dismiss_cause(session, leader, first.id, node=node)
    await work(database, found)
    second = await reread(database, first.id)
    chance = {c["node"]: c["probability"] for c in second.result["causes"]}
    assert second.revision > first.revision and second.result["causes"][0]["node"] != node
    assert chance.get(node, 0.0) < first.result["causes"][0]["probability"] / 5
    async with database.session() as session:
        entries = await session.scalars(select(AuditEntry).where(col(AuditEntry.action) == "trace.dismiss"))
        assert [e.actor_id for e in entries if e.object_id == first.id] == [leader.person_id]
    async with database.session(site_id=found.site.id) as session:
        await take_back(session, leader, first.id, node=node)
    await work(database, found)
    assert (await reread(database, first.id)).result["causes"][0]["node"] == node
    async with database.session(site_id=found.site.id) as session:
        with pytest.raises(Forbidden):
            await dismiss_cause(session, found.actors[Role.WORKER], first.id, node=node)
        with pytest.raises(Invalid):
            await dismiss_cause(session, leader, first.id, node="point:1")


async def test_the_list_is_found_by_alarm_root_and_origin(database: Database) -> None:
    found = await trouble(database)
    by_alarm = await made_trace(database, found)
    by_hand = await ask(database, found, found.point_key("XMEAS_9"))
    async with database.session(site_id=found.site.id) as session:
        leader = found.actors[Role.LEADER]

        async def ids(**wanted: str) -> list[int]:
            return [one.trace.id for one in await traces(session, leader, **wanted)]

        assert await ids() == [by_hand.id, by_alarm.id]
        assert await ids(origin="hand") == [by_hand.id]
        root = next(p for p in found.points.values() if f"point:{p.id}" == by_alarm.result["causes"][0]["node"])
        assert await ids(words=root.name) == [by_alarm.id]
        assert await ids(words="高报") == [by_alarm.id]
        assert await ids(words=found.points["XMEAS_9"].name) == [by_hand.id]
        assert await ids(words="%") == []
        (listed, *_) = await traces(session, leader, words="高报")
        assert listed.root is not None and listed.root.key.startswith("equipment:") and listed.probability > 0
    stranger = await trouble(database)
    async with database.session(site_id=stranger.site.id) as session:
        assert await traces(session, stranger.actors[Role.LEADER]) == []
