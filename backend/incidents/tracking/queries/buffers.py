"""What equipment holds in store, by its level and what goes out of it, and what a buffer can be made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, stdev

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of, among
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.tracking.models import PlantBuffer
from backend.incidents.tracking.queries.courses import courses
from backend.incidents.tracking.storing import PER_HOUR, Lasting, Outflow, lasting, left_in, per_hour
from backend.live.views import Series
from backend.plant.models import Equipment, Point, PointStatus

LEVEL_UNITS = ("%", "m", "cm", "mm", "t", "kg", "m³", "m3", "L")


@dataclass(frozen=True)
class Listed:
    """A buffer with what it is made of; ``outflow`` None: what goes out was typed."""

    buffer: PlantBuffer
    equipment: Equipment
    level: Point
    outflow: Point | None


@dataclass(frozen=True)
class Stored:
    """A buffer as it is now: ``left`` of its capacity, read at ``at`` (UTC), lasts so long without any feed; None where
    nothing is known to go out."""

    listed: Listed
    left: float
    at: datetime
    outflow: Outflow
    lasts: Lasting | None


async def buffers(session: AsyncSession, actor: Actor, equipment_ids: set[int] | None = None) -> list[Listed]:
    """All of the site, or of this equipment, by name."""
    level, outflow = alias_of(Point, "level_point"), alias_of(Point, "outflow_point")
    statement = (
        select(PlantBuffer, Equipment, level, outflow)
        .join(Equipment, col(Equipment.id) == col(PlantBuffer.equipment_id))
        .join(level, col(level.id) == col(PlantBuffer.level_point_id))
        .outerjoin(outflow, col(outflow.id) == col(PlantBuffer.outflow_point_id))
        .where(visible(actor, PlantBuffer))
        .order_by(col(Equipment.name), col(Equipment.id))
    )
    if equipment_ids is not None:
        statement = statement.where(among(col(PlantBuffer.equipment_id), equipment_ids))
    return [Listed(*row) for row in (await session.execute(statement)).all()]


async def stored(session: AsyncSession, actor: Actor, equipment_ids: set[int], now: datetime) -> dict[int, Stored]:
    """By equipment what it holds at ``now`` (UTC); without those whose level hasn't been read of late."""
    listed = await buffers(session, actor, equipment_ids)
    points = {one.level.id for one in listed} | {one.outflow.id for one in listed if one.outflow}
    read = await courses(session, actor, sorted(points), now)
    return {
        one.equipment.id: _stored(one, level, read.get(one.outflow.id) if one.outflow else None)
        for one in listed
        if (level := read.get(one.level.id))
    }


def _stored(one: Listed, level: Series, out: Series | None) -> Stored:
    buffer = one.buffer
    left = left_in(level.mean[-1], buffer.empty_level, buffer.full_level, buffer.capacity)
    outflow = Outflow(buffer.outflow_per_h or 0.0)
    if one.outflow:
        each = per_hour(one.outflow.unit, buffer.unit) or 0.0
        values = [value * each for value in out.mean] if out else []
        outflow = Outflow(fmean(values), stdev(values) if len(values) > 1 else 0.0) if values else Outflow(0.0)
    return Stored(one, left, level.at[-1], outflow, lasting(left, outflow))


async def buffer_points(session: AsyncSession, actor: Actor) -> tuple[Sequence[Point], Sequence[Point]]:
    """Points that could be a level, and an outflow, by their unit."""
    points = (
        await session.scalars(
            select(Point)
            .where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, col(Point.manipulated).is_(False))
            .order_by(col(Point.name), col(Point.id))
        )
    ).all()
    flows = [one for one in points if one.unit.replace(" ", "").partition("/")[2] in PER_HOUR]
    return [one for one in points if one.unit in LEVEL_UNITS], flows
