"""The stated leak of an incident, the scale it is drawn to, and gas detectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.models import Incident
from backend.incidents.tracking.models import IncidentPlume
from backend.plant.floors import floors_of
from backend.plant.models import Point, PointStatus
from backend.telemetry.models import PointState

GAS_UNITS = ("ppm", "mg/m³", "mg/m3", "%LEL")
MOST = 60


@dataclass(frozen=True)
class Measured:
    """A point with its last value."""

    point: Point
    value: float
    at: datetime


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


async def last_plan_scale(session: AsyncSession, actor: Actor, incident: Incident) -> tuple[float | None, float | None]:
    """How many metres the plan on which the incident is is wide and which way its upper edge looks, as stated last on
    it; where nobody has, its own scale and no turn."""
    floors = await floors_of(session, actor, [incident.area_id], [incident.equipment_id])
    plan_id = floors.chosen(None, floors.of(incident.equipment_id, incident.area_id))
    row = (
        await session.execute(
            select(col(IncidentPlume.plan_width_m), col(IncidentPlume.plan_up_deg))
            .where(
                visible(actor, IncidentPlume),
                func.coalesce(col(IncidentPlume.floor_plan_id), floors.first_id) == plan_id,
            )
            .order_by(col(IncidentPlume.id).desc())
            .limit(1)
        )
    ).one_or_none()
    if row is not None:
        return row[0], row[1]
    plan = floors.plan(plan_id)
    return plan.width_m if plan else None, None


async def gas_points(session: AsyncSession, actor: Actor) -> Sequence[Measured]:
    """Points that measure a gas, by their unit."""
    rows = await session.execute(
        select(Point, PointState)
        .join(PointState, col(PointState.point_id) == col(Point.id))
        .where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, col(Point.unit).in_(GAS_UNITS))
        .order_by(col(Point.position), col(Point.id))
        .limit(MOST)
    )
    return [Measured(point, state.value, state.at) for point, state in rows]
