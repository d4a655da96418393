"""From a closed incident to what was learned from it, on phones: parts that tests of the walk are put together from.

``Place`` is a corner of the demo plant of its own, so that nothing another test left open is met there.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from unittest.mock import patch

from playwright.async_api import expect
from sqlalchemy import delete, func, select
from sqlmodel import col

from backend.alarms.commands.making import Occurrence
from backend.alarms.commands.raising import raise_alarm
from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.checkins.checklists import Question
from backend.checkins.commands.planning import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Site, Team
from backend.incidents.commands import Ending, close, contain, log_disposal
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.lessons import measuring
from backend.lessons.making import look_for_patterns
from backend.lessons.models import Suggestion, SuggestionSource
from backend.plant.models import Equipment, Point
from backend.tracing.commands import confirm_cause
from backend.tracing.models import Trace
from backend.training.models import Course, TrainingRecord
from tests.browser.phone import PASSWORD, Phone
from tests.factories import (
    actor_for,
    hold_post,
    made,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_post,
    make_rule,
    unique,
)
from tests.lessons.closed import PRESSURE_HIGH, SINCE, crept_up, set_back

CAUSE = "pump.seal"
WITHIN_S = 60.0
"""So soon after closing the suggestions are there."""
PUMP, PUMP_EN = "循环泵", "Circulation pump"
ROUND = "循环泵巡检"
OFFICER = "safety1"


@dataclass(frozen=True)
class Place:
    """A pump with a pressure point and its rule, in an area of its own; a worker who holds its post, whose training in
    ``course`` has lapsed, and a plan of rounds that stops there."""

    site_id: int
    pump: Equipment
    point: Point
    rule: AlarmRule
    worker: Person
    course: str
    people: dict[str, Actor]


async def place_of_its_own(database: Database) -> Place:
    """Make it in the demo plant."""
    async with database.session() as session:
        site = (await session.scalars(select(Site))).one()
        team = (await session.scalars(select(Team).order_by(col(Team.id)).limit(1))).one()
        course = (await session.scalars(select(Course).where(col(Course.code) == "ansu-worker"))).one()
        known = await session.scalars(select(Person).where(col(Person.account).in_(("leader1", "manager1", OFFICER))))
        people = {one.account: await actor_for(session, one) for one in known}
        worker = await make_person(session, site, Role.WORKER, team, password=PASSWORD, name="孙立", name_en="Sun Li")
        post = await make_post(session, site, name="循环泵岗", name_en="Pump post")
        await hold_post(session, post, worker)
        people["worker"] = await actor_for(session, worker)
        area = await make_area(session, site, team, name="泵房", name_en="Pump house")
        names = {"name": PUMP, "name_en": PUMP_EN, "equipment_class": "pump"}
        pump = await make_equipment(session, site, area, post, **names)
        point = await make_point(session, site, pump, name="泵出口压力", name_en="Pump pressure", unit="MPa")
        rule = await make_rule(session, site, point, **(PRESSURE_HIGH | {"name": "泵出口压力高"}))
        last_week = (now() - timedelta(days=7)).date()
        lapsed = TrainingRecord(site_id=site.id, person_id=worker.id, course=course.title, course_en=course.title_en)
        lapsed.passed_on, lapsed.valid_until = last_week - timedelta(days=365), last_week
        await made(session, lapsed)
        asked = Question(ItemKind.YES_NO, "没有泄漏", "No leak")
        wish = PlanWish(ROUND, post.id, "shift", (asked,), (pump.id,), name_en="Pump round")
        await make_plan(session, people[OFFICER], wish)
        return Place(site.id, pump, point, rule, worker, course.title, people)


async def incident_that_ended(database: Database, place: Place) -> int:
    """By commands: a grave alarm opens it, its cause is confirmed, it is vented, contained and closed by another. Waits
    until the plant's worker has suggested what its review asks for; gives the incident's id."""
    broke_out = now() - SINCE
    await crept_up(database, place.point, broke_out)
    async with database.session() as session:
        await raise_alarm(session, _pressure_high(place))
    incident = await _opened(database, place)
    await _traced(database, place, incident)
    async with database.session(site_id=place.site_id) as session:
        await set_back(session, incident, broke_out)
        vented = Said("已开放空阀", captured_at=broke_out + timedelta(minutes=10))
        await log_disposal(session, place.people["worker"], incident.id, "relieve", vented)
        await contain(session, place.people["leader1"], incident.id, Said("压力已降"))
    async with database.session(site_id=place.site_id) as session:
        await close(session, place.people["manager1"], incident.id, Ending("更换密封"), Said())
    await _suggested(database, incident)
    return incident.id


async def adopts_check_item(officer: Phone, incident_id: int) -> int:
    """From the review's page, the plan that stops there being chosen already; gives the suggestion's id."""
    return await _adopts(officer, incident_id, PUMP, "增加检查项")


async def adopts_course(officer: Phone, incident_id: int) -> int:
    """The same with course, person and day filled in."""
    return await _adopts(officer, incident_id, "培训", "安排培训")


async def sees_the_item_in_the_next_checklist(worker: Phone, words: str) -> None:
    """On the round that is due now."""
    await worker.open("/checkins")
    await worker.page.locator("a.row", has_text=PUMP).first.click()
    await expect(worker.page.locator("#content")).to_contain_text(words)


async def sees_the_training_among_the_tasks(worker: Phone, course: str) -> None:
    """Among what the worker has to do."""
    await worker.open("/tasks")
    await expect(worker.page.locator("#task-rows")).to_contain_text(course)


async def sees_that_it_is_too_early(leader: Phone, suggestion_id: int) -> None:
    """With the day on which it will be known."""
    await leader.open(f"/lessons/suggestions/{suggestion_id}")
    await expect(leader.page.locator("#effect")).to_contain_text("还太早")
    await expect(leader.page.locator("#effect")).to_contain_text("日起才能看出")


async def sees_that_it_worked(leader: Phone, suggestion_id: int) -> None:
    """With figures, the comparison, the picture around the change, and the records that were counted."""
    await leader.open(f"/lessons/suggestions/{suggestion_id}")
    effect = leader.page.locator("#effect")
    for words in ("采纳后 30 天", "见效", "没有改动的地方同期", "下一次看"):
        await expect(effect).to_contain_text(words)
    await expect(effect.locator("svg .effect-change")).to_have_count(1)
    await effect.get_by_text("采纳前计入的记录").click()
    await expect(effect.locator("a.row").first).to_be_visible()


@asynccontextmanager
async def history(database: Database, site_id: int, equipment_id: int, adopted: datetime) -> AsyncIterator[None]:
    """Thirty incidents at the equipment in the time before, none after; elsewhere as many after as before. Gone at
    the end: other tests read the list of incidents."""
    async with database.session() as session:
        others = select(col(Equipment.id)).where(col(Equipment.site_id) == site_id, col(Equipment.id) != equipment_id)
        elsewhere = (await session.scalars(others.order_by(col(Equipment.id)).limit(1))).one()
        moments = [(equipment_id, adopted - timedelta(days=2.8 * n + 1)) for n in range(30)]
        moments += [(elsewhere, adopted - timedelta(days=2.8 * n + 1)) for n in range(30)]
        moments += [(elsewhere, adopted + timedelta(days=0.9 * n + 1)) for n in range(30)]
        rows = []
        for place_id, at in moments:
            usual = {"kind": "equipment_failure", "level": "general", "title": "密封渗漏", "title_en": "Seal leak"}
            one = Incident(site_id=site_id, number=unique("SJ-"), began_at=at, closed_at=at, **usual)
            one.equipment_id, one.state = place_id, "closed"
            rows.append((await made(session, one)).id)
    try:
        yield
    finally:
        async with database.session() as session:
            await session.execute(delete(Incident).where(col(Incident.id).in_(rows)))


@contextmanager
def clock_moved(days: int) -> Iterator[None]:
    """What is measured here is so many days later."""
    then = now() + timedelta(days=days)
    with patch.object(measuring, "now", lambda: then):
        yield


async def measured_later(database: Database, site_id: int, days: int) -> None:
    """The worker looks at the effects once, ``days`` from now."""
    with clock_moved(days):
        async with database.session() as session:
            await look_for_patterns(session, site_id)


async def suggestion(database: Database, suggestion_id: int) -> Suggestion:
    """As it stands."""
    async with database.session() as session:
        return await session.get_one(Suggestion, suggestion_id)


def _pressure_high(place: Place) -> Occurrence:
    return Occurrence(
        site_id=place.site_id,
        condition_key=f"{place.rule.id}:H",
        kind=RuleKind.THRESHOLD,
        level=Level.MAJOR,
        title="泵出口压力 高报 8.2 MPa",
        title_en="Pump pressure high 8.2 MPa",
        rule_id=place.rule.id,
        limit_name="H",
        point_id=place.point.id,
        equipment_id=place.pump.id,
        area_id=place.pump.area_id,
        reading_at=now(),
    )


async def _opened(database: Database, place: Place) -> Incident:
    wanted = select(Incident).where(col(Incident.equipment_id) == place.pump.id).order_by(col(Incident.id).desc())
    for _ in range(int(WITHIN_S * 2)):
        async with database.session() as session:
            found = (await session.scalars(wanted.limit(1))).first()
        if found is not None:
            return found
        await asyncio.sleep(0.5)
    raise AssertionError("no incident")


async def _traced(database: Database, place: Place, incident: Incident) -> None:
    """Wait for its trace, and confirm the cause."""
    wanted = select(col(Trace.id)).where(col(Trace.group_id) == incident.group_id, col(Trace.revision) > 0)
    for _ in range(int(WITHIN_S * 2)):
        async with database.session() as session:
            trace_id = await session.scalar(wanted)
            if trace_id is not None:
                node = f"equipment:{place.pump.id}/{CAUSE}"
                await confirm_cause(session, place.people["leader1"], trace_id, node=node)
                return
        await asyncio.sleep(0.5)
    raise AssertionError("no trace")


async def _suggested(database: Database, incident: Incident) -> None:
    wanted = select(func.count()).where(col(SuggestionSource.incident_id) == incident.id)
    for _ in range(int(WITHIN_S * 2)):
        async with database.session() as session:
            if await session.scalar(wanted):
                return
        await asyncio.sleep(0.5)
    raise AssertionError("no suggestion")


async def _adopts(officer: Phone, incident_id: int, words: str, wish: str) -> int:
    await officer.open(f"/incidents/{incident_id}/review")
    row = officer.page.locator("#incident-lessons a.row", has_text=words).filter(has_text=wish)
    await row.click()
    await officer.page.wait_for_url(lambda url: "/lessons/suggestions/" in url)
    await officer.page.get_by_role("button", name="采纳", exact=True).click()
    await expect(officer.page.get_by_text("已采纳，改动已经生效")).to_be_visible()
    return int(officer.page.url.partition("/suggestions/")[2].partition("?")[0])
