"""What stops below an incident's equipment: material links of the plant, and levels as they are read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.incidents.models import Incident
from backend.incidents.tracking.holding import Held, fall_of, floor_of, run_out
from backend.incidents.tracking.queries.buffers import Stored, stored
from backend.incidents.tracking.queries.courses import courses
from backend.incidents.tracking.stopping import Feed, Store, starved_below
from backend.live.queries import limit_marks
from backend.plant.models import Area, Equipment, Link, LinkKind, Point, PointStatus, Stage

_LEVEL_UNITS = ("%", "m", "cm", "mm")


@dataclass(frozen=True)
class Stop:
    """Equipment to which less comes from ``at`` (UTC) on, or nothing (``whole``); ``sure`` as in ``Starved``.

    ``stored``: what it holds itself, so that what is below it goes on.
    """

    equipment: Equipment
    stage: Stage | None
    via: Equipment
    at: datetime
    whole: bool
    sure: bool
    held: Sequence[Held]
    stored: Stored | None


async def downstream(session: AsyncSession, actor: Actor, incident: Incident, now: datetime) -> list[Stop]:
    """What stops if the incident's equipment gives nothing since the incident began, the earliest first.

    Empty without equipment, or where no material goes on from it.
    """
    if not incident.equipment_id:
        return []
    feeds = await _feeds(session, actor)
    if all(feed.source != incident.equipment_id for feed in feeds):
        return []
    held = await _held(session, actor, {feed.target for feed in feeds}, now)
    empty = {equipment: at.timestamp() for equipment, at in run_out(held).items()}
    known = await stored(session, actor, {feed.target for feed in feeds}, now)
    stores = {id_: Store(one.at.timestamp(), one.lasts.earliest) for id_, one in known.items() if one.lasts}
    starved = starved_below(incident.equipment_id, incident.began_at.timestamp(), feeds, empty, stores)
    equipment = await _equipment(session, actor, [incident.equipment_id, *(one.equipment_id for one in starved)])
    levels: dict[int, list[Held]] = defaultdict(list)
    for one in held:
        levels[one.equipment_id].append(one)
    return [
        Stop(
            *equipment[one.equipment_id],
            via=equipment[one.via][0],
            at=datetime.fromtimestamp(one.at_s, UTC),
            whole=one.whole,
            sure=one.sure,
            held=levels[one.equipment_id],
            stored=known.get(one.equipment_id),
        )
        for one in starved
        if one.equipment_id in equipment and one.via in equipment
    ]


async def _feeds(session: AsyncSession, actor: Actor) -> list[Feed]:
    """Material links from equipment to other equipment, also those that are drawn from or to one of its points."""
    links = (await session.execute(_material(actor))).all()
    ends = {end for link in links for end in (link.source_point_id, link.target_point_id) if end}
    rows = await session.execute(
        select(col(Point.id), col(Point.equipment_id)).where(visible(actor, Point), among(col(Point.id), ends))
    )
    of_point: dict[int | None, int | None] = {point_id: equipment_id for point_id, equipment_id in rows}
    return [
        Feed(source, target, link.delay_s)
        for link in links
        if (source := link.source_equipment_id or of_point.get(link.source_point_id))
        and (target := link.target_equipment_id or of_point.get(link.target_point_id))
        and source != target
    ]


@made_once
def _material(actor: Actor) -> Select[Any]:
    ends = ("source_equipment_id", "source_point_id", "target_equipment_id", "target_point_id", "delay_s")
    return select(*(col(getattr(Link, name)) for name in ends)).where(
        visible(actor, Link), col(Link.kind) == LinkKind.MATERIAL
    )


async def _equipment(
    session: AsyncSession, actor: Actor, ids: Sequence[int]
) -> dict[int, tuple[Equipment, Stage | None]]:
    """Equipment with its stage, its own or that of its area."""
    rows = await session.execute(
        select(Equipment, Stage)
        .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
        .outerjoin(Stage, col(Stage.id) == func.coalesce(col(Equipment.stage_id), col(Area.stage_id)))
        .where(visible(actor, Equipment), among(col(Equipment.id), ids))
    )
    return {equipment.id: (equipment, stage) for equipment, stage in rows}


def _is_level() -> ColumnElement[bool]:
    """A point that is called a level; nothing else in the plant says so."""
    called = or_(
        col(Point.name).contains("液位"), col(Point.name).contains("料位"), col(Point.name_en).icontains("level")
    )
    return called & col(Point.unit).in_(_LEVEL_UNITS) & col(Point.manipulated).is_(False)


async def _held(session: AsyncSession, actor: Actor, equipment_ids: set[int], now: datetime) -> list[Held]:
    """Levels of this equipment that have been read of late."""
    points = (
        await session.execute(
            select(*(col(getattr(Point, name)) for name in ("id", "equipment_id", "name", "name_en", "unit")))
            .where(visible(actor, Point), among(col(Point.equipment_id), equipment_ids), _is_level())
            .where(col(Point.status) == PointStatus.ACTIVE)
            .order_by(col(Point.id))
        )
    ).all()
    ids = [point.id for point in points]
    read, marks = await courses(session, actor, ids, now), await limit_marks(session, actor, ids)
    return [
        Held(
            point.equipment_id or 0,
            point.id,
            point.name,
            point.name_en,
            point.unit,
            series.mean[-1],
            series.at[-1],
            floor := floor_of(marks.get(point.id, ())),
            fall_of(series, floor),
        )
        for point in points
        if (series := read.get(point.id))
    ]
