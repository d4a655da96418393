"""An incident's cordons, each on its own plan, and what a new one would be."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.models import Incident
from backend.incidents.response.ground import Corner, Shape, in_units, middle, within_circle, within_polygon
from backend.incidents.response.models import Cordon
from backend.plant.drawing import Drawing, PlacedEquipment
from backend.plant.floors import Floors, drawn_on, every_drawing, floors_of


@dataclass(frozen=True)
class Closed:
    """A cordon, who set it, and as it lies on its ``plan`` (None: out of use): ``radius`` in the plan's units (None:
    not to scale), ``inside``: what stands there."""

    cordon: Cordon
    setter: Person
    plan: Drawing | None
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
    """The plans and the one that is shown (``drawing`` None: none is drawn), cordons in force and lifted ones on all of
    them, the newest first; ``home``: the plan with the incident's place, on which a circle lies (None: it has none),
    ``centre`` and ``plan_width_m`` of the plan that is shown, as a new one would take them."""

    floors: Floors
    drawing: Drawing | None
    standing: Sequence[Closed]
    lifted: Sequence[Closed]
    home: int | None
    centre: Corner | None
    plan_width_m: float | None

    @property
    def here(self) -> list[Closed]:
        """Those in force on the plan that is shown."""
        return [one for one in self.standing if one.plan is self.drawing]

    @property
    def circles_elsewhere(self) -> bool:
        """Whether a circle would lie on another plan than the one that is shown."""
        return bool(self.drawing and self.home and self.home != self.drawing.id)

    @property
    def tally(self) -> Counter[int | None]:
        """How many are in force on each plan."""
        return Counter(one.plan.id for one in self.standing if one.plan)


async def ground_of(session: AsyncSession, actor: Actor, incident: Incident, asked: int | None = None) -> Ground:
    """The ground of an incident; the plan that was ``asked`` for, else the one where it is, else that of its newest
    cordon in force. Raises NotFound for a plan that isn't in use."""
    floors = await floors_of(session, actor)
    plans = await every_drawing(session, actor, floors)
    rows = await session.execute(
        select(Cordon, Person)
        .join(Person, col(Person.id) == col(Cordon.set_by))
        .where(visible(actor, Cordon), col(Cordon.incident_id) == incident.id)
        .order_by(col(Cordon.id).desc())
    )
    closed = [
        _closed(cordon, person, plans.get(cordon.floor_plan_id or floors.first_id or 0)) for cordon, person in rows
    ]
    standing = [one for one in closed if one.cordon.lifted_at is None]
    home = drawn_on(plans.values(), incident.equipment_id, incident.area_id)
    shown = floors.chosen(asked, home, *(one.plan.id for one in standing if one.plan))
    drawing = plans[shown] if shown else None
    width_m = await session.scalar(
        select(col(Cordon.plan_width_m))
        .where(
            visible(actor, Cordon),
            col(Cordon.plan_width_m).is_not(None),
            func.coalesce(col(Cordon.floor_plan_id), floors.first_id) == shown,
        )
        .order_by(col(Cordon.id).desc())
        .limit(1)
    )
    return Ground(
        floors,
        drawing,
        standing,
        [one for one in closed if one.cordon.lifted_at is not None],
        home,
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


def _closed(cordon: Cordon, person: Person, plan: Drawing | None) -> Closed:
    if plan is None:
        return Closed(cordon, person, None, None, [])
    if cordon.shape == Shape.POLYGON:
        corners = [(x, y) for x, y in cordon.polygon]
        inside = [one for one in plan.equipment if within_polygon((one.x, one.y), corners)]
        return Closed(cordon, person, plan, None, inside)
    radius = in_units(cordon.radius_m or 0.0, cordon.plan_width_m, plan.width)
    if radius is None or cordon.x is None or cordon.y is None:
        return Closed(cordon, person, plan, None, [])
    centre = (cordon.x, cordon.y)
    inside = [one for one in plan.equipment if within_circle((one.x, one.y), centre, radius)]
    return Closed(cordon, person, plan, radius, inside)
