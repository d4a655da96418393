"""A small plant where things break out: a pump that feeds a reactor, in an area of one team, and everybody there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.making import Occurrence
from backend.alarms.commands.raising import raise_alarm
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.identity.actor import Actor
from backend.identity.models import Role, Site
from backend.incidents.commands import Tap, report_incident
from backend.incidents.models import Disposal, Incident, IncidentSource
from backend.incidents.recording import Said
from backend.incidents.watching import watch_outbreaks
from backend.plant.models import Area, Equipment, Point
from backend.telemetry.models import Reading
from backend.telemetry.partitions import ensure_partitions
from tests.factories import (
    actor_for,
    made,
    make_area,
    make_equipment,
    make_link,
    make_person,
    make_point,
    make_site,
    make_team,
    unique,
)


@dataclass
class Scene:
    """What ``set_scene`` made. ``people`` by name: worker and leader of the area's team, stranger and rival of another,
    manager, officer, admin."""

    site: Site
    area: Area
    pump: Equipment
    reactor: Equipment
    points: dict[str, Point] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def near(self) -> Neighbourhood:
        """Pump and reactor are joined."""
        return Neighbourhood([(self.pump.id, self.reactor.id)])


async def set_scene(session: AsyncSession) -> Scene:
    """Make the plant."""
    site = await make_site(session)
    first, second = await make_team(session, site), await make_team(session, site)
    area = await make_area(session, site, first)
    pump, reactor = await make_equipment(session, site, area), await make_equipment(session, site, area)
    await make_link(session, pump, reactor)
    scene = Scene(site, area, pump, reactor)
    scene.points = {
        "flow": await make_point(session, site, pump),
        "pressure": await make_point(session, site, reactor),
        "temperature": await make_point(session, site, reactor, unit="℃"),
    }
    for name, role, team in (
        ("worker", Role.WORKER, first),
        ("leader", Role.LEADER, first),
        ("stranger", Role.WORKER, second),
        ("rival", Role.LEADER, second),
        ("manager", Role.MANAGER, None),
        ("officer", Role.SAFETY_OFFICER, None),
        ("admin", Role.ADMIN, None),
    ):
        scene.people[name] = await actor_for(session, await make_person(session, site, role, team))
    return scene


async def raised(
    database: Database, scene: Scene, point: str = "pressure", level: Level = Level.GENERAL, **fields: Any
) -> int:
    """An alarm of the point, raised as ingest raises it; gives its id."""
    one = scene.points[point]
    occurrence = Occurrence(
        site_id=scene.site.id,
        condition_key=unique(f"{point}:"),
        kind=RuleKind.THRESHOLD,
        level=level,
        title=f"{point} 高报",
        title_en=f"{point} high",
        point_id=one.id,
        equipment_id=one.equipment_id,
        area_id=scene.area.id,
        reading_at=now(),
    )
    async with database.session() as session:
        return await raise_alarm(session, replace(occurrence, **fields), scene.near())


async def watched(database: Database) -> int:
    """The worker looks once."""
    async with database.session() as session:
        return await watch_outbreaks(session)


async def tapped(database: Database, actor: Actor, scene: Scene, **changes: Any) -> Incident:
    """``actor`` reports a gas leak at the reactor, unless told otherwise."""
    tap = Tap(**{"kind": "gas_leak", "equipment_id": scene.reactor.id, "said": Said("闻到氨味"), **changes})
    async with database.session(site_id=actor.site_id) as session:
        return await report_incident(session, actor, tap)


async def incidents(database: Database, scene: Scene) -> Sequence[Incident]:
    """All of the site, the oldest first."""
    async with database.session() as session:
        found = select(Incident).where(col(Incident.site_id) == scene.site.id).order_by(col(Incident.id))
        return (await session.scalars(found)).all()


async def sources(database: Database, incident_id: int) -> set[tuple[str, int]]:
    """Kind and id of each source."""
    async with database.session() as session:
        found = await session.scalars(select(IncidentSource).where(col(IncidentSource.incident_id) == incident_id))
        return {(one.kind, one.source_id) for one in found}


async def log_of(database: Database, incident_id: int) -> Sequence[Disposal]:
    """The lines of its log in the order in which they arrived."""
    async with database.session() as session:
        found = select(Disposal).where(col(Disposal.incident_id) == incident_id).order_by(col(Disposal.id))
        return (await session.scalars(found)).all()


async def events_of(database: Database, incident_id: int) -> Sequence[Event]:
    """What was told of it, in order."""
    async with database.session() as session:
        found = select(Event).where(col(Event.story) == f"incident:{incident_id}").order_by(col(Event.id))
        return (await session.scalars(found)).all()


async def read(database: Database, scene: Scene, point: str, values: Sequence[float], every_s: float = 10.0) -> None:
    """Readings of the point, the last of them just now."""
    newest = now() - timedelta(seconds=1)
    async with database.session() as session:
        await ensure_partitions(session, [(newest - timedelta(days=n)).date() for n in (0, 1)])
        for back, value in enumerate(reversed(values)):
            at = newest - timedelta(seconds=back * every_s)
            row = Reading(site_id=scene.site.id, point_id=scene.points[point].id, at=at, value=value)
            await made(session, row)
