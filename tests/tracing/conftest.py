"""A plant with a disturbance in its readings: the Tennessee Eastman site, its A feed lost a short while ago."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands import raise_alarm
from backend.alarms.commands.making import Occurrence
from backend.alarms.models import Alarm, AlarmRule, Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database, driver_connection
from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Site
from backend.plant.models import Equipment, Point
from backend.starter.history import store_normal
from backend.starter.install import install_pack
from backend.starter.pack import PACKS, Pack, read_pack
from backend.starter.runs import Run, read_run
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from backend.tracing.making import make_trace
from backend.tracing.models import Trace
from tests.factories import actor_for, cheap_hash, unique
from tests.tracing.neglect import neglect

FAULT = 6
BEFORE, AFTER = 20, 60
STEP_S = 2.0
"""Rows as ``ansu replay`` could play them; the newest is a second old."""


@dataclass
class Troubled:
    """A demo site in which the A feed was lost ``AFTER`` rows ago, and alarms of one flood."""

    site: Site
    people: dict[Role, Person]
    actors: dict[Role, Actor]
    points: dict[str, Point]
    equipment: dict[str, Equipment]
    alarm_id: int = 0
    group_id: int = 0

    def point_key(self, code: str) -> str:
        return f"point:{self.points[code].id}"

    def equipment_key(self, code: str) -> str:
        return f"equipment:{self.equipment[code].id}"


@cache
def _pack() -> Pack:
    return read_pack(PACKS / "tep")


@cache
def _run(fault: int) -> Run:
    return read_run(PACKS / "tep", _pack(), fault)


def _pack_for(code: str) -> Pack:
    """The pack for a site of its own: accounts are unique over all sites."""
    pack = _pack()
    return msgspec.structs.replace(
        pack,
        site=msgspec.structs.replace(pack.site, code=code),
        people=[msgspec.structs.replace(p, account=f"{p.account}-{code}") for p in pack.people],
        training=[msgspec.structs.replace(t, account=f"{t.account}-{code}") for t in pack.training],
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


async def trouble(database: Database, *, learned: bool = True) -> Troubled:
    """A new demo site with the fault in its readings and an open alarm on the reactor's pressure."""
    pack = _pack_for(unique("tep"))
    async with database.session() as session:
        site_id = await install_pack(session, pack, password_hash=cheap_hash("x"))
        if learned:
            await store_normal(session, site_id, pack, _run(0))
        found = await _found(session, site_id)
        await disturb(session, found)
    async with database.session() as session:
        found.alarm_id = await raise_on(session, found, "XMEAS_7", "反应器压力操作上限", Level.SIGNIFICANT)
        found.group_id = (await session.get_one(Alarm, found.alarm_id)).group_id or 0
    return found


async def _found(session: AsyncSession, site_id: int) -> Troubled:
    people = (
        await session.scalars(select(Person).where(col(Person.site_id) == site_id).order_by(col(Person.id)))
    ).all()
    first = {Role(person.role): person for person in reversed(people)}
    return Troubled(
        await session.get_one(Site, site_id),
        first,
        {role: await actor_for(session, person) for role, person in first.items()},
        {p.code: p for p in await session.scalars(select(Point).where(col(Point.site_id) == site_id))},
        {e.code: e for e in await session.scalars(select(Equipment).where(col(Equipment.site_id) == site_id))},
    )


async def disturb(session: AsyncSession, found: Troubled) -> None:
    """Readings of the fault's rows up to a second ago."""
    begins = _run(FAULT).spec.fault_row or 0
    rows = _run(FAULT).rows[begins - BEFORE : begins + AFTER]
    end = now() - timedelta(seconds=1)
    moments = [end - timedelta(seconds=STEP_S * back) for back in reversed(range(len(rows)))]
    readings = [
        Row(found.site.id, found.points[code].id, from_datetime(at), value, 0, from_datetime(at))
        for at, row in zip(moments, rows, strict=True)
        for code, value in row.items()
    ]
    await ensure_partitions(session, {at.date() for at in moments})
    await copy_rows(await driver_connection(session), readings)


async def raise_on(session: AsyncSession, found: Troubled, code: str, rule: str, level: Level) -> int:
    """An alarm of the pack's rule of that name on a point, as ingest raises it; gives its id."""
    point = found.points[code]
    wanted = select(AlarmRule).where(col(AlarmRule.site_id) == found.site.id, col(AlarmRule.name) == rule)
    known = (await session.scalars(wanted)).one()
    return await raise_alarm(
        session,
        Occurrence(
            site_id=found.site.id,
            condition_key=f"{known.id}:H",
            kind=RuleKind.THRESHOLD,
            level=level,
            title=f"{point.name} 高报",
            title_en=f"{point.name_en} high",
            rule_id=known.id,
            limit_name="H",
            value=2900.0,
            limit_value=2895.0,
            point_id=point.id,
            equipment_id=point.equipment_id,
            area_id=point.area_id,
            reading_at=now(),
        ),
    )


async def made_trace(database: Database, found: Troubled) -> Trace:
    """The trace of the site's flood, made now."""
    async with database.session() as session:
        return await make_trace(session, found.group_id)


async def neglected_and_traced(database: Database) -> tuple[Troubled, Trace]:
    """A trace of equipment whose duties weren't done, either: a round, a measure, maintenance, an ignored warning."""
    found = await trouble(database)
    async with database.session() as session:
        await neglect(session, found)
    return found, await made_trace(database, found)


@pytest.fixture(scope="module")
async def neglected(database_url: str) -> AsyncIterator[tuple[Troubled, Trace]]:
    database = Database(database_url)
    yield await neglected_and_traced(database)
    await database.close()
