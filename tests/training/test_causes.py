"""Courses that causes call for, reminders, and what is taken back: on a real database, as the worker role runs them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import AlarmGroup
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Invalid
from backend.core.events import Event, record_event
from backend.hazards.models import Rectification
from backend.identity.models import Person, Role, Site
from backend.tracing.models import Trace
from backend.training import commands, queries
from backend.training.causing import assign_by_cause
from backend.training.commands import RuleDraft
from backend.training.content import Content, Page, Question
from backend.training.models import Course, TrainingAssignment
from backend.training.reminders import remind_learners
from tests.factories import actor_for, hold_post, made, make_equipment, make_person, make_post, make_site, unique

CONTENT = Content(
    [Page("页", "", "文", "")], [Question("single", "题", "", [("甲", ""), ("乙", "")], [0], "", "")], 80, 1
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.session() as session:
        yield session


async def _course(session: AsyncSession, site: Site, officer: Person) -> Course:
    actor = await actor_for(session, officer)
    return await commands.save_course(session, actor, None, "机械密封", "Seals", CONTENT)


async def _opened(session: AsyncSession, site: Site, officer: Person, **fields: Any) -> Rectification:
    usual = {"level": "general", "measure": "换", "owner_id": officer.id, "opened_by": officer.id}
    deadline = now() + timedelta(days=1)
    one = Rectification(site_id=site.id, number=unique("ZG-"), deadline=deadline, **(usual | fields))
    await made(session, one)
    what = {"kind": "rectification.opened", "subject": "rectification", "subject_id": one.id}
    await record_event(session, site_id=site.id, **what)
    return one


async def _told(session: AsyncSession, site: Site) -> list[tuple[str, list[int]]]:
    statement = select(Event).where(col(Event.site_id) == site.id, col(Event.subject) == "course")
    events = (await session.scalars(statement.order_by(col(Event.id)))).all()
    return [(event.kind, event.data["told"]) for event in events]


async def test_a_rectification_with_the_cause_asks_who_answers_for_the_equipment_once(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        officer, worker = await make_person(session, site, Role.SAFETY_OFFICER), await make_person(session, site)
        post = await make_post(session, site)
        await hold_post(session, post, worker)
        pump = await make_equipment(session, site, None, post, equipment_class="pump")
        course = await _course(session, site, officer)
        actor = await actor_for(session, officer)
        await commands.add_cause_rule(session, actor, course.id, RuleDraft(equipment_class="pump", word="密封"))
    async with database.session() as session:
        await _opened(session, site, officer, title="油位低", cause="加油不及时", equipment_id=pump.id)
        right = await _opened(session, site, officer, title="泄漏", cause="机械密封磨损", equipment_id=pump.id)
        await _opened(session, site, officer, title="又泄漏", cause="密封又坏", equipment_id=pump.id)
    for _ in range(2):
        async with database.session() as session:
            await assign_by_cause(session)
    async with database.session() as session:
        found = select(TrainingAssignment).where(col(TrainingAssignment.site_id) == site.id)
        (assignment,) = (await session.scalars(found)).all()
        assert (assignment.post_id, assignment.cause) == (post.id, f"rectification:{right.id}")
        assert await _told(session, site) == [("training.assigned", [worker.id])]
        learner = await actor_for(session, worker)
        assert [one.duty for one in await queries.mine(session, learner)] == ["due"]
        await commands.remove_assignment(session, await actor_for(session, officer), course.id, assignment.id)
        assert [one.duty for one in await queries.mine(session, learner)] == ["free"]


@pytest.mark.parametrize("confirmed", ["point:7", "equipment:%s", "equipment:%s/valve.sticking"])
async def test_a_confirmed_root_cause_asks_whom_the_rule_names(database: Database, confirmed: str) -> None:
    async with database.session() as session:
        site = await make_site(session)
        officer, worker = await make_person(session, site, Role.SAFETY_OFFICER), await make_person(session, site)
        valve = await make_equipment(session, site)
        course = await _course(session, site, officer)
        actor = await actor_for(session, officer)
        draft = RuleDraft(equipment_id=valve.id, target=f"person:{worker.id}")
        await commands.add_cause_rule(session, actor, course.id, draft)
        group = await made(session, AlarmGroup(site_id=site.id))
        trace = Trace(
            site_id=site.id,
            group_id=group.id,
            window_from=now(),
            window_to=now(),
            result={"causes": [{"node": "point:7", "equipment_id": valve.id}, {"node": "point:8"}]},
            confirmed_node=confirmed.replace("%s", str(valve.id)),
        )
        await made(session, trace)
        what = {"kind": "trace.confirmed", "subject": "trace", "subject_id": trace.id}
        await record_event(session, site_id=site.id, **what)
    async with database.session() as session:
        await assign_by_cause(session)
    async with database.session() as session:
        found = select(TrainingAssignment).where(col(TrainingAssignment.site_id) == site.id)
        (assignment,) = (await session.scalars(found)).all()
        assert (assignment.person_id, assignment.cause) == (worker.id, f"trace:{trace.id}")
        assert await _told(session, site) == [("training.assigned", [worker.id])]


async def test_a_rule_names_a_cause_and_only_what_is_of_the_plant(session: AsyncSession) -> None:
    site = await make_site(session)
    officer = await make_person(session, site, Role.SAFETY_OFFICER)
    course = await _course(session, site, officer)
    elsewhere = await make_equipment(session, await make_site(session))
    actor = await actor_for(session, officer)
    for draft in (RuleDraft(), RuleDraft(equipment_id=elsewhere.id), RuleDraft(word="漏", due_days=0)):
        with pytest.raises(Invalid):
            await commands.add_cause_rule(session, actor, course.id, draft)


async def test_people_hear_of_a_course_before_and_after_its_day_once_and_when_asked_once_a_day(
    session: AsyncSession,
) -> None:
    site = await make_site(session)
    officer, soon, later = [
        await make_person(session, site, role) for role in (Role.SAFETY_OFFICER, *[Role.WORKER] * 2)
    ]
    course = await _course(session, site, officer)
    actor = await actor_for(session, officer)
    today = queries.today_of(actor)
    await commands.assign(session, actor, course.id, f"person:{soon.id}", today + timedelta(days=2))
    await commands.assign(session, actor, course.id, f"person:{later.id}", today + timedelta(days=3))
    assert await _told(session, site) == [("training.assigned", [soon.id]), ("training.assigned", [later.id])]
    for _ in range(2):
        await remind_learners(session)
    assert (await _told(session, site))[2:] == [("training.before", [soon.id])]
    late = select(TrainingAssignment).where(col(TrainingAssignment.person_id) == soon.id)
    (await session.scalars(late)).one().due_on = today - timedelta(days=1)
    await session.flush()
    for _ in range(2):
        await remind_learners(session)
    assert (await _told(session, site))[3:] == [("training.after", [soon.id])]
    assert [await commands.remind(session, actor, course.id) for _ in range(2)] == [2, 0]
    (mine,) = [one for one in await queries.figures(session, actor) if one.course.id == course.id]
    assert [(one.person_id, one.duty) for one in mine.missing] == [(soon.id, "overdue"), (later.id, "due")]
