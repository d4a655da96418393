"""The stated leak of an incident, the wind that is measured, and gas detectors with where they stand on the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.tracking.models import IncidentPlume
from backend.plant.models import Equipment, Point, PointStatus
from backend.telemetry.models import PointState

GAS_UNITS = ("ppm", "mg/m³", "mg/m3", "%LEL")
MOST = 60


@dataclass(frozen=True)
class Measured:
    """A point with its last value, and where its equipment stands on the plan."""

    point: Point
    value: float
    at: datetime
    place: tuple[float, float] | None


async def stated_plume(
    session: AsyncSession, actor: Actor, incident_id: int
) -> tuple[IncidentPlume, Person] | tuple[None, None]:
    """What was stated last, and by whom."""
    row = (
        await session.execute(
            select(IncidentPlume, Person)
            .join(Person, col(Person.id) == col(IncidentPlume.person_id))
            .where(visible(actor, IncidentPlume), col(IncidentPlume.incident_id) == incident_id)
            .order_by(col(IncidentPlume.id).desc())
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


async def gas_points(session: AsyncSession, actor: Actor) -> Sequence[Measured]:
    """Points that measure a gas, by their unit."""
    return await _measured(session, actor, col(Point.unit).in_(GAS_UNITS))


async def wind_points(session: AsyncSession, actor: Actor) -> Sequence[Measured]:
    """Points that are called wind speed or direction; nothing else in the plant says what they are."""
    name, name_en = col(Point.name), col(Point.name_en)
    called = or_(name.contains("风速"), name.contains("风向"), name_en.icontains("wind speed"))
    return await _measured(session, actor, or_(called, name_en.icontains("wind direction")))


async def _measured(session: AsyncSession, actor: Actor, wanted: ColumnElement[bool]) -> list[Measured]:
    rows = await session.execute(
        select(Point, PointState, Equipment)
        .join(PointState, col(PointState.point_id) == col(Point.id))
        .outerjoin(Equipment, col(Equipment.id) == col(Point.equipment_id))
        .where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, wanted)
        .order_by(col(Point.position), col(Point.id))
        .limit(MOST)
    )
    return [Measured(point, state.value, state.at, _place(equipment)) for point, state, equipment in rows]


def _place(equipment: Equipment | None) -> tuple[float, float] | None:
    if equipment is None or equipment.x is None or equipment.y is None:
        return None
    return equipment.x, equipment.y
