"""An incident's cordons with the plan they lie on, and what a new one would be."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.models import Incident
from backend.incidents.response.ground import Corner, Shape, in_units, middle, within_circle, within_polygon
from backend.incidents.response.models import Cordon
from backend.plant.drawing import Drawing, PlacedEquipment
from backend.plant.queries import floor_plan


@dataclass(frozen=True)
class Closed:
    """A cordon, who set it, and as it lies on the plan: ``radius`` in the plan's units (None: not to scale)."""

    cordon: Cordon
    setter: Person
    radius: float | None
    inside: Sequence[PlacedEquipment]

    @property
    def centre(self) -> Corner | None:
        """Of a circle."""
        at = self.cordon
        return (at.x, at.y) if at.shape == Shape.CIRCLE and at.x is not None and at.y is not None else None

    @property
    def points(self) -> str:
        """For SVG's ``points``, of a polygon."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.cordon.polygon)


@dataclass(frozen=True)
class Ground:
    """The plan (None: none is drawn), cordons in force and lifted ones, the newest first; ``centre`` and
    ``plan_width_m`` as a new one would take them."""

    drawing: Drawing | None
    standing: Sequence[Closed]
    lifted: Sequence[Closed]
    centre: Corner | None
    plan_width_m: float | None


async def ground_of(session: AsyncSession, actor: Actor, incident: Incident) -> Ground:
    """The ground of an incident."""
    drawing = await floor_plan(session, actor)
    rows = await session.execute(
        select(Cordon, Person)
        .join(Person, col(Person.id) == col(Cordon.set_by))
        .where(visible(actor, Cordon), col(Cordon.incident_id) == incident.id)
        .order_by(col(Cordon.id).desc())
    )
    closed = [_closed(cordon, person, drawing) for cordon, person in rows]
    width_m = await session.scalar(
        select(col(Cordon.plan_width_m))
        .where(visible(actor, Cordon), col(Cordon.plan_width_m).is_not(None))
        .order_by(col(Cordon.id).desc())
        .limit(1)
    )
    return Ground(
        drawing,
        [one for one in closed if one.cordon.lifted_at is None],
        [one for one in closed if one.cordon.lifted_at is not None],
        centre_of(incident, drawing) if drawing else None,
        drawing.width_m if drawing and drawing.width_m else width_m,
    )


async def cordons_standing(session: AsyncSession, actor: Actor, incident_id: int) -> Sequence[Cordon]:
    """Those of an incident that nobody has lifted, the newest first."""
    wanted = select(Cordon).where(visible(actor, Cordon), col(Cordon.incident_id) == incident_id)
    return (await session.scalars(wanted.where(col(Cordon.lifted_at).is_(None)).order_by(col(Cordon.id).desc()))).all()


def centre_of(incident: Incident, drawing: Drawing) -> Corner | None:
    """Where an incident is on the plan: its equipment's mark, else the middle of its area; None where neither is
    drawn."""
    mark = next((one for one in drawing.equipment if one.id == incident.equipment_id), None)
    area = next((one for one in drawing.areas if one.id == incident.area_id), None)
    return (mark.x, mark.y) if mark else middle(area.polygon) if area else None


def _closed(cordon: Cordon, person: Person, drawing: Drawing | None) -> Closed:
    if drawing is None:
        return Closed(cordon, person, None, [])
    if cordon.shape == Shape.POLYGON:
        corners = [(x, y) for x, y in cordon.polygon]
        return Closed(
            cordon, person, None, [one for one in drawing.equipment if within_polygon((one.x, one.y), corners)]
        )
    radius = in_units(cordon.radius_m or 0.0, cordon.plan_width_m, drawing.width)
    if radius is None or cordon.x is None or cordon.y is None:
        return Closed(cordon, person, None, [])
    centre = (cordon.x, cordon.y)
    return Closed(
        cordon, person, radius, [one for one in drawing.equipment if within_circle((one.x, one.y), centre, radius)]
    )
