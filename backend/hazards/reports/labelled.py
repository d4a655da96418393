"""Where a scanned label leads. One place, so that labels can come and go without the rest knowing."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.reports import queries
from backend.hazards.reports.queries import Spot
from backend.identity.actor import Actor


async def spot_of_label(session: AsyncSession, actor: Actor, token: str) -> Spot | None:
    """The place of the live label with ``token`` on the actor's site; None for any other."""
    label = await _labelled(session, actor, token) if token else None
    return await queries.spot(session, actor, label.equipment_id, label.area_id) if label else None


async def _labelled(_session: AsyncSession, _actor: Actor, _token: str) -> "_Label | None":
    return None


class _Label:
    """A label as far as reports need it."""

    equipment_id: int | None = None
    area_id: int | None = None
