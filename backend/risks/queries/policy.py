"""Which bands a site grades by."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.risks.grading import Bands
from backend.risks.models import RiskPolicy


async def bands_of(session: AsyncSession, actor: Actor) -> Bands:
    """The site's own bands, else the usual ones."""
    newest = select(RiskPolicy).where(visible(actor, RiskPolicy)).order_by(col(RiskPolicy.id).desc()).limit(1)
    found = await session.scalar(newest)
    return Bands(tuple(found.lec), tuple(found.ls)) if found else Bands()
