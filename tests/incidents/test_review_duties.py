"""Duties not done around an incident: found in the records, seen by whom they concern, answered by these alone."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.delivery.audience import may_be_told
from backend.delivery.models import Delivery
from backend.hazards.models import Rectification
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.models import Post, PostHolder
from backend.incidents.commands import Ending, call_off, close, contain
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.review.attaching import attach_lapses
from backend.incidents.review.commands import reply
from backend.incidents.review.making import watch_reviews
from backend.incidents.review.models import REVIEW_JOB, Lapse, LapseKind
from backend.incidents.review.queries import duties
from backend.maintenance.models import MaintenanceRecord
from backend.training.models import Course, TrainingAssignment, TrainingRecord
from tests.factories import made, make_alarm, make_post, unique
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_pages import browsing
from workers.handlers import HANDLERS

LONG_AGO = now() - timedelta(days=3)
LAST_WEEK = date.today() - timedelta(days=7)  # noqa: DTZ011 - far from any midnight


async def neglect(database: Database, scene: Scene) -> Post:
    """The reactor's post, held by the worker since long, left undone all that can be left undone."""
    async with database.session() as session:
        post = await make_post(session, scene.site)
        scene.reactor.owner_post_id = post.id
        session.add(scene.reactor)
        person = scene.worker.person_id
        held = PostHolder(site_id=scene.site.id, post_id=post.id, person_id=person, since=now() - timedelta(days=400))
        await made(session, held)
        await _missed(session, scene, post)
        await _late(session, scene)
        await _ignored(session, scene)
        site = {"site_id": scene.site.id}
        service = MaintenanceRecord(**site, equipment_id=scene.reactor.id, summary="换密封", due_on=LAST_WEEK)
        await made(session, service)
        lapsed = TrainingRecord(**site, person_id=person, course="受限空间", passed_on=LAST_WEEK, valid_until=LAST_WEEK)
        await made(session, lapsed)
        course = await made(session, Course(**site, code=unique("c"), title="氨的危害", title_en="Ammonia"))
        asked = TrainingAssignment(**site, course_id=course.id, post_id=post.id, due_on=LAST_WEEK, created_at=LONG_AGO)
        await made(session, asked)
        return post


async def _missed(session: AsyncSession, scene: Scene, post: Post) -> None:
    site = {"site_id": scene.site.id}
    plan = InspectionPlan(**site, name="反应器巡检", name_en="Reactor round", post_id=post.id, rhythm="shift")
    plan.begins_at = LONG_AGO
    await made(session, plan)
    stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=scene.reactor.id))
    for state, hours in (("missed", 0), ("done", 8)):
        opens = LONG_AGO + timedelta(hours=hours)
        visit = InspectionVisit(**site, plan_id=plan.id, stop_id=stop.id, post_id=post.id, opens_at=opens, state=state)
        visit.closes_at = opens + timedelta(hours=8)
        await made(session, visit)


async def _late(session: AsyncSession, scene: Scene) -> None:
    for submitted in (None, LONG_AGO - timedelta(hours=1)):
        row = Rectification(
            site_id=scene.site.id,
            number=unique("ZG-"),
            equipment_id=scene.reactor.id,
            level="general",
            title="换阀",
            measure="换",
            owner_id=scene.worker.person_id,
            deadline=LONG_AGO,
            opened_by=scene.leader.person_id,
            submitted_at=submitted,
        )
        await made(session, row)


async def _ignored(session: AsyncSession, scene: Scene) -> None:
    """Two warnings of the reactor, of which the leader was told: one left alone, one acknowledged at once."""
    for acknowledged in (None, LONG_AGO + timedelta(minutes=5)):
        fields: dict[str, Any] = {"raised_at": LONG_AGO, "acknowledged_at": acknowledged, "state": "closed"}
        fields |= {"closed_at": LONG_AGO + timedelta(hours=9), "equipment_id": scene.reactor.id}
        alarm: Alarm = await make_alarm(session, scene.site, scene.points["pressure"], **fields)
        event = Event(site_id=scene.site.id, kind="alarm.raised", subject="alarm", subject_id=alarm.id)
        event.story = f"alarm:{alarm.id}"
        await made(session, event)
        for who in ("leader", "worker"):
            told = Delivery(site_id=scene.site.id, event_id=event.id, person_id=scene.people[who].person_id)
            told.addressed = True
            await made(session, told)


async def looked_through(database: Database, incident: Incident) -> int:
    """The worker reads the event log and does the jobs that it asks for; gives how many duties are new."""
    async with database.session() as session:
        while await watch_reviews(session):
            pass
        jobs = text("SELECT payload FROM job WHERE kind = :kind AND site_id = :site AND status = 'queued'")
        waits = (await session.execute(jobs, {"kind": REVIEW_JOB, "site": incident.site_id})).scalars().all()
        assert {"incident_id": incident.id} in waits and REVIEW_JOB in HANDLERS
        await session.execute(text("UPDATE job SET status = 'done' WHERE site_id = :site"), {"site": incident.site_id})
        return await attach_lapses(session, incident.id)


async def ended(database: Database, scene: Scene, incident: Incident) -> None:
    async with database.session(site_id=scene.site.id) as session:
        await contain(session, scene.leader, incident.id, Said())
    async with database.session(site_id=scene.site.id) as session:
        await close(session, scene.manager, incident.id, Ending(), Said())


async def lapses(database: Database, incident: Incident) -> Sequence[Lapse]:
    async with database.session() as session:
        wanted = select(Lapse).where(col(Lapse.incident_id) == incident.id).order_by(col(Lapse.id))
        return (await session.scalars(wanted)).all()


async def test_all_that_was_left_undone_there_is_attached_once_with_its_row_and_whose_it_was(
    database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    new = await looked_through(database, incident)
    found = await lapses(database, incident)
    worker, leader = scene.worker.person_id, scene.leader.person_id
    assert {(one.kind, one.person_id) for one in found} == {
        (LapseKind.IGNORED_WARNING, leader),
        (LapseKind.LATE_RECTIFICATION, worker),
        (LapseKind.MISSED_CHECKIN, worker),
        (LapseKind.MAINTENANCE_OVERDUE, worker),
        (LapseKind.TRAINING_LAPSED, worker),
        (LapseKind.TRAINING_MISSING, worker),
    }
    assert new == len(found) == len(LapseKind), "what was done in time isn't there"
    assert all(one.url.startswith("/") and one.row_id for one in found)
    async with database.session() as session:
        assert await attach_lapses(session, incident.id) == 0


async def test_nothing_is_held_against_anybody_where_all_was_done(database: Database, scene: Scene) -> None:
    incident = await tapped(database, scene.worker, scene)
    assert await looked_through(database, incident) == 0


async def test_a_duty_is_of_who_held_the_post_then_and_a_post_nobody_held_is_said_to_be_empty(
    database: Database, scene: Scene
) -> None:
    post = await neglect(database, scene)
    async with database.session() as session:
        left = text("UPDATE post_holder SET until = :until WHERE post_id = :post")
        await session.execute(left, {"until": LONG_AGO - timedelta(days=1), "post": post.id})
    incident = await tapped(database, scene.worker, scene)
    await looked_through(database, incident)
    missed = next(one for one in await lapses(database, incident) if one.kind == LapseKind.MISSED_CHECKIN)
    assert (missed.person_id, missed.post_id) == (None, post.id)


async def test_a_worker_sees_their_own_alone_and_who_leads_sees_all(database: Database, scene: Scene) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    await looked_through(database, incident)
    async with database.session(site_id=scene.site.id) as session:
        own = await duties(session, scene.worker, incident.id)
        assert len(own.views) == len(LapseKind) - 1 and all(view.own for view in own.views)
        assert not (await duties(session, scene.stranger, incident.id)).views
        assert len((await duties(session, scene.leader, incident.id)).views) == len(LapseKind)


async def test_whose_they_are_hear_it_when_it_is_over_and_only_once_and_nobody_else_does(
    database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    await looked_through(database, incident)
    assert not await told(database, scene, "duty.found")
    await ended(database, scene, incident)
    await looked_through(database, incident)
    async with database.session() as session:
        await attach_lapses(session, incident.id)
    [event] = await told(database, scene, "duty.found")
    assert event.data["told"] == sorted([scene.worker.person_id, scene.leader.person_id])
    assert may_be_told(scene.worker, event) and may_be_told(scene.leader, event)
    assert not may_be_told(scene.stranger, event) and not may_be_told(scene.manager, event)


async def told(database: Database, scene: Scene, kind: str) -> Sequence[Event]:
    async with database.session() as session:
        found = select(Event).where(col(Event.site_id) == scene.site.id, col(Event.kind) == kind)
        return (await session.scalars(found)).all()


async def test_what_was_a_false_alarm_is_held_against_nobody(database: Database, scene: Scene) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    async with database.session(site_id=scene.site.id) as session:
        await call_off(session, scene.leader, incident.id, Said("是演练"))
    assert await looked_through(database, incident) == 0


async def answerable(database: Database, scene: Scene) -> tuple[Incident, Lapse]:
    """A closed incident and a duty of the worker."""
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    await ended(database, scene, incident)
    await looked_through(database, incident)
    return incident, next(one for one in await lapses(database, incident) if one.person_id == scene.worker.person_id)


async def test_the_person_concerned_answers_as_often_as_they_like_and_nobody_for_them(
    database: Database, scene: Scene
) -> None:
    incident, lapse = await answerable(database, scene)
    async with database.session(site_id=scene.site.id) as session:
        for words, key in (("那天我请假了", "a"), ("那天我请假了", "a"), ("假条在班组", "b")):
            await reply(session, scene.worker, lapse.id, words, key)
        with pytest.raises(Forbidden):
            await reply(session, scene.leader, lapse.id, "他没去")
        with pytest.raises(NotFound):
            await reply(session, scene.stranger, lapse.id, "我替他说")
        with pytest.raises(Invalid):
            await reply(session, scene.worker, lapse.id, "  ")
        seen = await duties(session, scene.leader, incident.id)
    [view] = [view for view in seen.views if view.lapse.id == lapse.id]
    assert [said.words for said in view.replies] == ["那天我请假了", "假条在班组"]
    heard = await told(database, scene, "duty.answered")
    assert len(heard) == 2 and heard[0].data["told"] == [scene.manager.person_id]


@pytest.mark.parametrize("table", ["incident_lapse", "incident_lapse_reply"])
async def test_the_database_itself_refuses_to_change_them(database: Database, scene: Scene, table: str) -> None:
    _, lapse = await answerable(database, scene)
    async with database.session(site_id=scene.site.id) as session:
        await reply(session, scene.worker, lapse.id, "那天我请假了")
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(text(f"DELETE FROM {table}"))


async def test_it_waits_among_the_tasks_of_whom_it_concerns_until_they_answered_and_is_never_late(
    database: Database, scene: Scene
) -> None:
    incident, _ = await answerable(database, scene)
    async with database.session(site_id=scene.site.id) as session:
        waits = await waiting_for(session, scene.worker)
        [task] = [task for task in waits.later if task.kind is TaskKind.REPLY]
        assert task.url == f"/incidents/{incident.id}/duties"
        for lapse in await lapses(database, incident):
            if lapse.person_id == scene.worker.person_id:
                await reply(session, scene.worker, lapse.id, "已说明")
        assert not [t for t in (await waiting_for(session, scene.worker)).later if t.kind is TaskKind.REPLY]
        assert not [t for t in (await waiting_for(session, scene.stranger)).later if t.kind is TaskKind.REPLY]


async def test_the_page_says_what_when_whose_and_takes_the_answer(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident, lapse = await answerable(database, scene)
    here = f"/incidents/{incident.id}/duties"
    async with browsing(app, scene.worker) as worker:
        part = (await worker.get(here, headers={"HX-Request": "true", "HX-Target": "incident-duties"})).text
        assert "涉及您的记录，您可以说明" in part and "<html" not in part
        empty = await worker.post(f"{here}/{lapse.id}/replies", data={"words": ""})
        assert empty.status_code == 422 and "请写下您的说明" in empty.text
        answer = await worker.post(f"{here}/{lapse.id}/replies", data={"words": "那天<我>请假"})
        assert answer.status_code == 303
        page = (await worker.get(answer.headers["location"])).text
        assert "那天&lt;我&gt;请假" in page and "预警没人及时确认" not in page
    async with browsing(app, scene.leader, locale="en") as leader:
        page = (await leader.get(here)).text
        assert "not a verdict" in page and "Warning not acknowledged in time" in page and "Reactor round" in page
        assert (await leader.get(f"/incidents/{incident.id}")).text.count(here) >= 1
        found = (await leader.get(f"/api/v1{here}")).json()["duties"]
    assert {one["kind"] for one in found} == {*LapseKind}
    assert datetime.fromisoformat(found[0]["due_at"]).tzinfo is not None
