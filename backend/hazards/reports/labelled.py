"""Where a scanned label leads."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.reports import queries
from backend.hazards.reports.queries import Spot
from backend.identity.actor import Actor
from backend.labels.queries import labelled


async def spot_of_label(session: AsyncSession, actor: Actor, token: str) -> Spot | None:
    """The place of the live label with ``token`` on the actor's site; None for any other."""
    label = await labelled(session, actor, token) if token else None
    return await queries.spot(session, actor, label.equipment_id, label.area_id) if label else None
