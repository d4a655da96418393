"""What the first page counts, and what it says about it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import AlarmState, Level
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification, RectificationState
from backend.home.pages import greeting
from backend.home.queries import Standing, look
from backend.identity.models import Person, Role, Site
from backend.telemetry.models import PointState
from tests.factories import actor_for, made, make_alarm, make_person, make_point, make_site, make_team, unique


async def stands(database: Database, person: Person) -> Standing:
    async with database.session(site_id=person.site_id) as session:
        return (await look(session, await actor_for(session, person))).stands


async def rectification(session: AsyncSession, site: Site, owner: Person, opener: Person, **fields: object) -> None:
    values: dict[str, object] = {
        "site_id": site.id,
        "number": unique("ZG-"),
        "level": Level.GENERAL,
        "title": "整改",
        "measure": "紧固",
        "owner_id": owner.id,
        "opened_by": opener.id,
        "deadline": now() + timedelta(days=1),
    }
    await made(session, Rectification(**{**values, **fields}))


async def test_a_quiet_plant_has_no_worst_level_and_without_readings_no_age(database: Database) -> None:
    async with database.session() as session:
        person = await make_person(session, await make_site(session))
    quiet = await stands(database, person)
    assert (quiet.worst, quiet.open_alarms, quiet.unacknowledged, quiet.newest_reading_at) == (None, 0, 0, None)


async def test_the_worst_open_level_counts_and_what_somebody_set_aside_does_not(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        person = await make_person(session, site)
        for level, state in [
            (Level.SIGNIFICANT, AlarmState.UNACKNOWLEDGED),
            (Level.SIGNIFICANT, AlarmState.ACKNOWLEDGED),
            (Level.LOW, AlarmState.RETURNED),
            (Level.MAJOR, AlarmState.SHELVED),
            (Level.MAJOR, AlarmState.OUT_OF_SERVICE),
            (Level.MAJOR, AlarmState.CLOSED),
        ]:
            await make_alarm(session, site, level=level, state=state)
        await make_alarm(session, await make_site(session), level=Level.MAJOR)
    now_open = await stands(database, person)
    assert now_open.by_level == {Level.SIGNIFICANT: 2, Level.LOW: 1}
    assert (now_open.worst, now_open.open_alarms, now_open.unacknowledged) == (Level.SIGNIFICANT, 3, 1)


async def test_late_rectifications_and_those_to_verify_are_counted_as_far_as_one_may_see_them(
    database: Database,
) -> None:
    async with database.session() as session:
        site = await make_site(session)
        team, other = await make_team(session, site), await make_team(session, site)
        leader = await make_person(session, site, Role.LEADER, team)
        worker, stranger = await make_person(session, site, team=team), await make_person(session, site, team=other)
        late = now() - timedelta(hours=1)
        await rectification(session, site, worker, leader, deadline=late)
        await rectification(session, site, stranger, leader, deadline=late)
        await rectification(session, site, worker, leader, deadline=late, state=RectificationState.VERIFIED)
        await rectification(session, site, worker, leader, state=RectificationState.SUBMITTED, submitted_by=worker.id)
    seen = await stands(database, leader)
    assert (seen.overdue, seen.mine, seen.to_verify) == (2, 0, 1)
    own = await stands(database, worker)
    assert (own.overdue, own.mine, own.to_verify) == (1, 1, 0)


async def test_the_age_of_the_data_is_that_of_the_newest_reading(database: Database) -> None:
    async with database.session() as session:
        site = await make_site(session)
        person = await make_person(session, site)
        moment = now() - timedelta(minutes=7)
        for age in (moment, moment - timedelta(days=1)):
            point = await make_point(session, site)
            await made(session, PointState(site_id=site.id, point_id=point.id, at=age, value=1.0, received_at=age))
    assert (await stands(database, person)).newest_reading_at == moment


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (0, "夜里好"),
        (4, "夜里好"),
        (5, "早上好"),
        (9, "上午好"),
        (12, "中午好"),
        (14, "下午好"),
        (18, "晚上好"),
        (23, "晚上好"),
    ],
)
def test_the_greeting_knows_the_hour(hour: int, words: str) -> None:
    assert greeting(datetime(2026, 11, 24, hour, 30)) == words  # noqa: DTZ001 - the hour of the site's own clock
