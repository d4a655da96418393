"""A small live plant: two pieces of equipment with points that spoke lately, and people of two sites."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.database import Database, driver_connection
from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Site
from backend.plant.models import Equipment, FloorPlan, Point
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import PointState
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from tests.factories import (
    actor_for,
    hold_post,
    made,
    make_area,
    make_equipment,
    make_link,
    make_person,
    make_point,
    make_post,
    make_site,
    make_team,
)


@dataclass
class LivePlant:
    """Rows of one site, and somebody who looks at it."""

    site: Site
    person: Person
    actor: Actor
    pump: Equipment
    tank: Equipment
    flow: Point
    level: Point
    valve: Point


async def speak(session: AsyncSession, point: Point, values: list[float], *, every_s: float, until: datetime) -> None:
    """Readings of ``point`` every ``every_s`` seconds, the last at ``until``, which its state shows."""
    times = [until - timedelta(seconds=every_s * back) for back in reversed(range(len(values)))]
    rows = [
        Row(point.site_id, point.id, from_datetime(at), value, 0, from_datetime(at))
        for at, value in zip(times, values, strict=True)
    ]
    await ensure_partitions(session, {at.date() for at in times})
    await copy_rows(await driver_connection(session), rows)
    await session.merge(
        PointState(site_id=point.site_id, point_id=point.id, at=until, value=values[-1], received_at=until)
    )
    await session.flush()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@pytest.fixture
def settle(database: Database) -> Callable[..., Awaitable[LivePlant]]:
    """Make a live plant, looked at by somebody of ``role``."""

    async def make(role: Role = Role.WORKER) -> LivePlant:
        async with database.session() as session:
            return await _plant(session, role)

    return make


async def _plant(session: AsyncSession, role: Role) -> LivePlant:
    site = await make_site(session)
    team = await make_team(session, site)
    person = await make_person(session, site, role, team, name="王工", name_en="Wang")
    plan = await made(session, FloorPlan(site_id=site.id, name="平面图", name_en="Plan", width=400, height=200))
    polygon = [[0.0, 0.0], [400.0, 0.0], [400.0, 200.0], [0.0, 200.0]]
    area = await make_area(session, site, team, floor_plan_id=plan.id, polygon=polygon, name="泵区", name_en="Pumps")
    post = await make_post(session, site, name="泵岗", name_en="Pump post")
    await hold_post(session, post, person)
    pump = await make_equipment(session, site, area, post, name="进料泵", name_en="Feed pump", x=100, y=100)
    tank = await make_equipment(session, site, area, post, name="储罐", name_en="Tank", x=300, y=100)
    await make_link(session, pump, tank, delay_s=60)
    flow = await make_point(
        session, site, pump, name="流量", name_en="Flow", unit="m³/h", decimals=1, expected_interval_s=10, position=1
    )
    valve = await make_point(session, site, pump, name="阀位", name_en="Valve", unit="%", manipulated=True)
    level = await make_point(session, site, tank, name="液位", name_en="Level", unit="%", position=2)
    await make_link(session, flow, level)
    await speak(session, flow, [10.0 + i for i in range(60)], every_s=10, until=now())
    await speak(session, level, [50.0, 51.0], every_s=600, until=now() - timedelta(hours=2))
    return LivePlant(site, person, await actor_for(session, person), pump, tank, flow, level, valve)
