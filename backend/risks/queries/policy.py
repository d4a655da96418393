"""Which bands a site grades by."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.queries.audit import Entry, Filter, audit_entries
from backend.risks.grading import Bands
from backend.risks.models import RiskPolicy


async def band_changes(session: AsyncSession, actor: Actor) -> Sequence[Entry]:
    """The last changes of the bands, the newest first."""
    return (await audit_entries(session, actor, Filter(object_type="risk_policy"))).entries


async def bands_of(session: AsyncSession, actor: Actor) -> Bands:
    """The site's own bands, else the usual ones."""
    newest = select(RiskPolicy).where(visible(actor, RiskPolicy)).order_by(col(RiskPolicy.id).desc()).limit(1)
    found = await session.scalar(newest)
    return Bands(tuple(found.lec), tuple(found.ls)) if found else Bands()
