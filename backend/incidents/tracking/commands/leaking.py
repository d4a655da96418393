"""Stating a leak, from which everybody sees where the gas goes."""

from dataclasses import asdict, dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.models import Deed, Incident
from backend.incidents.recording import write_line
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import Ground, Sky
from backend.incidents.tracking.queries.plumes import stated_plume
from backend.plant.floors import floors_of


@dataclass(frozen=True)
class Leak:
    """A leak as stated: fields as of ``IncidentPlume``."""

    substance: str
    rate_g_s: float
    height_m: float
    wind_m_s: float
    wind_from_deg: float
    sky: Sky
    ground: Ground
    plan_width_m: float
    plan_up_deg: float
    duration_s: float | None = None
    cold: bool = False
    limit_value: float | None = None
    limit_unit: str = ""
    limit_words: str = ""


async def state_leak(session: AsyncSession, actor: Actor, incident_id: int, leak: Leak) -> IncidentPlume:
    """Keep what is known of the leak now, on the plan where the incident is, with a line in the log. The same as before
    changes nothing.

    Raises Forbidden; NotFound, also for an incident of another site.
    """
    require(actor, "incidents.lead")
    incident = await get_visible(session, actor, Incident, incident_id)
    floors = await floors_of(session, actor, [incident.area_id], [incident.equipment_id])
    plan_id = floors.chosen(None, floors.of(incident.equipment_id, incident.area_id))
    stated = asdict(leak) | {"floor_plan_id": plan_id}
    before, _ = await stated_plume(session, actor, incident.id)
    if before is not None and all(getattr(before, name) == value for name, value in stated.items()):
        return before
    row = IncidentPlume(site_id=incident.site_id, incident_id=incident.id, person_id=actor.person_id, **stated)
    session.add(row)
    await write_line(session, incident, Deed.PLUME, person_id=actor.person_id)
    change = {name: [getattr(before, name, None), value] for name, value in stated.items()}
    await record_change(session, actor, "incident.plume", "incident", incident.id, change)
    return row
