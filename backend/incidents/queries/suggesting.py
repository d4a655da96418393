"""Which accident type is suggested for an incident: only shown, never stored unless a person sends it."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.accidents import Accident, Ground, Likely
from backend.hazards.likely import likely_at
from backend.identity.actor import Actor
from backend.incidents.models import Incident, IncidentKind

_BY_KIND = {IncidentKind.FIRE: Accident.FIRE, IncidentKind.GAS_LEAK: Accident.LEAK}
"""Of other kinds what broke out doesn't say which accident it was."""


async def suggested(session: AsyncSession, actor: Actor, incident: Incident) -> Likely | None:
    """By what broke out where that says it, else by the risk points of its place; None where neither does."""
    said = _BY_KIND.get(IncidentKind(incident.kind))
    if said is not None:
        return Likely(said, Ground.KIND)
    return await likely_at(session, actor, incident.equipment_id, incident.area_id)
