"""Where a scanned label leads. One place, so that labels can come and go without the rest knowing."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.hazards.reports import queries
from backend.hazards.reports.queries import Spot
from backend.identity.actor import Actor


@dataclass(frozen=True)
class Labelled:
    """What a live label is on, and at which site."""

    site_id: int
    equipment_id: int | None
    area_id: int | None


async def spot_of_label(session: AsyncSession, actor: Actor, token: str) -> Spot | None:
    """The place of the live label with ``token`` on the actor's site; None for any other."""
    label = await by_token(session, token) if token else None
    if label is None or label.site_id != actor.site_id:
        return None
    return await queries.spot(session, actor, label.equipment_id, label.area_id)


async def by_token(_session: AsyncSession, _token: str) -> Labelled | None:
    """The live label with this token, of whichever site; None for a forged or revoked one."""
    return None
