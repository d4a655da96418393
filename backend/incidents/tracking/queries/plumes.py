"""The stated leak of an incident, and gas detectors with where they stand on the plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
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
) -> tuple[IncidentPlume, Person | None] | tuple[None, None]:
    """What was stated last, and by whom; nobody where the worker followed the wind."""
    row = (
        await session.execute(
            select(IncidentPlume, Person)
            .outerjoin(Person, col(Person.id) == col(IncidentPlume.person_id))
            .where(visible(actor, IncidentPlume), col(IncidentPlume.incident_id) == incident_id)
            .order_by(col(IncidentPlume.id).desc())
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


async def last_plan_scale(session: AsyncSession, actor: Actor) -> tuple[float, float] | None:
    """How many metres the plan is wide and which way its upper edge looks, as stated last at the site."""
    row = (
        await session.execute(
            select(col(IncidentPlume.plan_width_m), col(IncidentPlume.plan_up_deg))
            .where(visible(actor, IncidentPlume))
            .order_by(col(IncidentPlume.id).desc())
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def gas_points(session: AsyncSession, actor: Actor) -> Sequence[Measured]:
    """Points that measure a gas, by their unit."""
    rows = await session.execute(
        select(Point, PointState, Equipment)
        .join(PointState, col(PointState.point_id) == col(Point.id))
        .outerjoin(Equipment, col(Equipment.id) == col(Point.equipment_id))
        .where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, col(Point.unit).in_(GAS_UNITS))
        .order_by(col(Point.position), col(Point.id))
        .limit(MOST)
    )
    return [Measured(point, state.value, state.at, _place(equipment)) for point, state, equipment in rows]


def _place(equipment: Equipment | None) -> tuple[float, float] | None:
    if equipment is None or equipment.x is None or equipment.y is None:
        return None
    return equipment.x, equipment.y
