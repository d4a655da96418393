"""The worker's job: from an alarm on a real database to a stored, told and refined trace."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmGroup, Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.core.jobs import Job, run_job
from backend.tracing.gathering import GroupAlarm
from backend.tracing.making import make_trace, symptom_of
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.queries import trace_of_alarm, trace_view, waiting
from backend.tracing.refining import LONGEST
from backend.tracing.steps import reached_equipment, steps_of
from tests.factories import made
from tests.tracing.conftest import Troubled, made_trace, raise_on, trouble
from workers.handlers import HANDLERS


async def jobs(database: Database, found: Troubled) -> list[Job]:
    async with database.session() as session:
        wanted = select(Job).where(col(Job.kind) == TRACE_JOB, col(Job.site_id) == found.site.id)
        return list((await session.scalars(wanted.order_by(col(Job.id)))).all())


async def traces(session: AsyncSession, found: Troubled) -> list[Trace]:
    return list((await session.scalars(select(Trace).where(col(Trace.site_id) == found.site.id))).all())


@pytest.fixture(scope="module")
async def traced(database_url: str) -> tuple[Troubled, Trace]:
    """A site whose flood was traced by its job, as the worker does it."""
    database = Database(database_url)
    found = await trouble(database)
    (job,) = await jobs(database, found)
    assert await run_job(database, HANDLERS, job.id)
    async with database.session() as session:
        (trace,) = await traces(session, found)
    await database.close()
    return found, trace


async def test_an_alarm_asks_for_one_trace_and_the_job_makes_it(traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    assert (trace.group_id, trace.revision) == (found.group_id, 1)
    assert trace.result["abnormal"] and trace.result["symptom"] == found.point_key("XMEAS_7")


async def test_the_lost_feed_is_the_first_cause_with_evidence_and_a_way_to_the_symptom(
    traced: tuple[Troubled, Trace],
) -> None:
    found, trace = traced
    first, *others = trace.result["causes"]
    assert first["node"] in {found.point_key("XMEAS_1"), found.point_key("XMV_3")}
    assert first["equipment_id"] == found.equipment["FEED_A"].id
    assert first["probability"] > others[0]["probability"] and first["supports"]
    assert first["path"][0] == first["node"] and first["path"][-1] == found.point_key("XMEAS_7")
    assert [c["probability"] for c in others] == sorted((c["probability"] for c in others), reverse=True)
    assert trace.result["units"][0]["equipment_id"] == found.equipment["FEED_A"].id


async def test_the_steps_of_the_way_come_in_time_from_the_root_on(traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    steps = steps_of(trace.result, trace.result["causes"][0])
    assert steps[0].after_s == 0 and steps[-1].node == found.point_key("XMEAS_7")
    moved = [step for step in steps if step.onset_at]
    assert len(moved) >= 2
    assert all(step.earliest <= step.onset_at <= step.latest for step in moved if step.earliest and step.latest)
    assert trace.window_from <= moved[0].onset_at <= trace.window_to  # type: ignore[operator]


async def test_the_scope_says_which_equipment_is_reached_and_what_comes_when(traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    reached = {item.equipment_id: item for item in reached_equipment(trace.result)}
    assert reached[found.equipment["REACTOR"].id].arrived
    assert all(item.earliest <= item.arrival_at <= item.latest for item in reached.values())
    assert all(item.arrived == (item.arrival_at <= trace.window_to + timedelta(seconds=2)) for item in reached.values())


async def test_records_and_posts_of_the_suspected_equipment_are_cited(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    actor = next(iter(found.actors.values()))
    async with database.session(site_id=found.site.id) as session:
        view = await trace_view(session, actor, trace.id)
    assert view is not None
    feed = next(post for post in view.posts if post.equipment_key == found.equipment_key("FEED_A"))
    assert (feed.name, [holder.name for holder in feed.holders]) == ("原料岗", ["王建国"])
    assert any("核对放空阀" in advice for advice, _ in view.rule_advice)
    for record in trace.result["records"]:
        assert record["equipment_id"] in {e.id for e in found.equipment.values()} and record["row_id"]


async def test_the_trace_is_told_in_the_story_of_the_flood_s_first_alarm(
    database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    async with database.session() as session:
        told = (await session.scalars(select(Event).where(col(Event.subject) == "trace"))).all()
    event, *asked = [event for event in told if event.site_id == found.site.id]
    assert {event.kind for event in asked} == {"trace.check_asked"}
    assert (event.kind, event.story, event.level) == ("trace.made", f"alarm:{found.alarm_id}", "significant")
    assert event.data["url"] == f"/traces/{trace.id}"


async def test_a_job_that_is_rung_twice_makes_one_trace_once(database: Database) -> None:
    found = await trouble(database)
    (job,) = await jobs(database, found)
    done = await asyncio.gather(*(run_job(database, HANDLERS, job.id) for _ in range(3)))
    assert sum(done) == 1
    async with database.session() as session:
        assert [trace.revision for trace in await traces(session, found)] == [1]


async def test_two_workers_at_once_make_one_trace_in_two_revisions(database: Database) -> None:
    found = await trouble(database)
    await asyncio.gather(made_trace(database, found), made_trace(database, found))
    async with database.session() as session:
        assert [trace.revision for trace in await traces(session, found)] == [2]


async def test_while_the_alarm_holds_the_trace_is_refined_later_and_keeps_its_address(database: Database) -> None:
    found = await trouble(database)
    first = await made_trace(database, found)
    refinement = (await jobs(database, found))[-1]
    assert timedelta(0) < refinement.due_at - first.made_at <= LONGEST
    assert not await run_job(database, HANDLERS, refinement.id)
    async with database.session() as session:
        await session.execute(text("UPDATE job SET due_at = now() WHERE id = :id"), {"id": refinement.id})
        await session.execute(
            text("UPDATE trace SET made_at = made_at - interval '1 minute' WHERE id = :id"), {"id": first.id}
        )
    assert await run_job(database, HANDLERS, refinement.id)
    async with database.session() as session:
        (again,) = await traces(session, found)
        told = select(col(Event.kind)).where(col(Event.subject) == "trace", col(Event.subject_id) == again.id)
        kinds = (await session.scalars(told)).all()
    assert (again.id, again.revision, again.first_made_at) == (first.id, 2, first.first_made_at)
    assert "trace.refined" not in kinds, "the answer is the same: nobody is told again"


async def test_a_refined_trace_is_told_when_it_says_something_else(database: Database) -> None:
    found = await trouble(database)
    first = await made_trace(database, found)
    async with database.session() as session:
        (kept,) = await traces(session, found)
        kept.result = kept.result | {"causes": kept.result["causes"][::-1]}
        session.add(kept)
    await made_trace(database, found)
    async with database.session() as session:
        events = select(col(Event.kind)).where(col(Event.subject) == "trace", col(Event.subject_id) == first.id)
        events = events.where(col(Event.kind) != "trace.check_asked")
        assert (await session.scalars(events.order_by(col(Event.id)))).all() == ["trace.made", "trace.refined"]


@pytest.mark.parametrize("state", ["returned long ago", "closed"])
async def test_when_all_alarms_have_returned_or_are_closed_nothing_is_refined(database: Database, state: str) -> None:
    found = await trouble(database)
    changed = "state = 'closed'" if state == "closed" else "last_raised_at = now() - interval '3 minutes'"
    async with database.session() as session:
        await session.execute(
            text(f"UPDATE alarm SET active = false, {changed} WHERE id = :id"), {"id": found.alarm_id}
        )
    await made_trace(database, found)
    assert [job.dedupe_key for job in await jobs(database, found)] == [str(found.group_id)]


async def test_a_refinement_keeps_what_a_person_confirmed(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with database.session() as session:
        await session.execute(
            text("UPDATE trace SET confirmed_node = 'other', confirmation_note = '仪表气源' WHERE id = :id"),
            {"id": trace.id},
        )
    again = await made_trace(database, found)
    assert (again.confirmed_node, again.confirmation_note) == ("other", "仪表气源")


async def test_without_a_learned_normal_the_time_before_the_alarm_stands_for_it(database: Database) -> None:
    found = await trouble(database, learned=False)
    trace = await made_trace(database, found)
    assert trace.result["normal_id"] is None
    assert {"causes", "scope", "posts"} <= trace.result.keys()


async def test_an_alarm_without_any_reading_gets_an_empty_answer_not_an_error(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": found.site.id})
    trace = await made_trace(database, found)
    assert (trace.result["causes"], trace.result["scope"], trace.result["abnormal"]) == ([], [], False)


async def test_a_group_without_alarms_is_an_error_that_names_it(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        group = await made(session, AlarmGroup(site_id=found.site.id))
        with pytest.raises(LookupError, match=str(group.id)):
            await make_trace(session, group.id)


async def test_alarms_of_one_flood_share_one_trace(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        second = await raise_on(session, found, "XMEAS_9", "反应器温度操作上限", Level.SIGNIFICANT)
        joined = (await session.get_one(Alarm, second)).group_id
    assert joined == found.group_id
    trace = await made_trace(database, found)
    actor = next(iter(found.actors.values()))
    async with database.session(site_id=found.site.id) as session:
        views = [await trace_of_alarm(session, actor, id_) for id_ in (found.alarm_id, second)]
    assert [view.trace.id for view in views if view] == [trace.id, trace.id]
    assert views[0] is not None and views[0].alarm_count == 2


async def test_how_far_the_work_is_can_be_asked_before_there_is_a_trace(database: Database) -> None:
    found = await trouble(database)
    actor = next(iter(found.actors.values()))
    async with database.session(site_id=found.site.id) as session:
        state = await waiting(session, actor, found.alarm_id)
        assert state is not None and (state.status, state.attempts) == ("queued", 0)
        assert await trace_of_alarm(session, actor, found.alarm_id) is None
    stranger = (await trouble(database)).actors[actor.role]
    async with database.session(site_id=stranger.site_id) as session:
        assert await waiting(session, stranger, found.alarm_id) is None


def test_the_symptom_is_the_gravest_alarm_s_point_and_of_equals_the_first() -> None:
    def alarm(id_: int, point: int | None, level: str) -> GroupAlarm:
        return GroupAlarm(id_, point, None, None, level, "threshold", False, "高报", "high", now())

    assert symptom_of([alarm(1, 5, "general"), alarm(2, 6, "major"), alarm(3, 7, "major")]) == "point:6"
    assert symptom_of([alarm(1, None, "major"), alarm(2, 9, "low")]) == "point:9"
    assert symptom_of([alarm(1, None, "major")]) is None
