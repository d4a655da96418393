"""An incident's gas cloud as everybody sees it: what was stated, how it spreads, the detectors, the wind now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.incidents.models import Incident
from backend.incidents.tracking.drifting import Detector, Drift, Sensed, drift, source_on
from backend.incidents.tracking.fitting import Strength
from backend.incidents.tracking.queries.plumes import Measured, gas_points, stated_plume
from backend.incidents.tracking.queries.winds import measured_wind
from backend.incidents.tracking.substances import LimitUnit, Substance
from backend.incidents.tracking.winds import Wind
from backend.plant.drawing import Drawing
from backend.plant.floors import Floors, drawing_of, floors_of

_UNITS = {"mg/m3": LimitUnit.MG_M3}


@dataclass(frozen=True)
class Drifting:
    """``drift`` None: nobody has stated a leak. ``by`` None: the worker followed the wind. ``drawing``: the
    plan of the leak; None: the source has no place on it. ``gas`` holds the points of ``sensed``, in the same order."""

    drift: Drift | None
    by: Person | None
    drawing: Drawing | None
    gas: Sequence[Measured]
    sensed: Sequence[Sensed]
    strength: Strength | None
    wind: Wind | None
    floors: Floors = field(default_factory=Floors)


async def drifting(session: AsyncSession, actor: Actor, incident: Incident, moment: datetime) -> Drifting:
    """As known at ``moment`` (UTC)."""
    stated, by = await stated_plume(session, actor, incident.id)
    wind = await measured_wind(session, actor.site_id, moment)
    if stated is None:
        return Drifting(None, None, None, [], [], None, wind)
    floors = await floors_of(session, actor)
    drawing = await drawing_of(session, actor, floors, stated.floor_plan_id or floors.first_id)
    place = source_on(drawing, incident.equipment_id, incident.area_id) if drawing else None
    found = drift(stated, drawing.width if drawing else 1.0, place)
    gas = await gas_points(session, actor)
    marks = {one.id: (one.x, one.y) for one in drawing.equipment} if drawing else {}
    detectors = [_detector(one, found.source.substance, marks) for one in gas]
    return Drifting(
        found,
        by,
        drawing if place else None,
        gas,
        found.sensed(detectors, moment),
        found.strength(detectors, moment),
        wind,
        floors,
    )


def _detector(one: Measured, substance: Substance, marks: Mapping[int, tuple[float, float]]) -> Detector:
    """``marks``: of the equipment on the plan of the leak; what stands on another has no place there."""
    point = one.point
    place = marks.get(point.equipment_id) if point.equipment_id else None
    unit = _UNITS.get(point.unit, point.unit)
    of_it = substance.is_sensed_by(unit, point.name, point.name_en, point.code)
    return Detector(point.id, unit, one.value, one.at, place, of_it)
