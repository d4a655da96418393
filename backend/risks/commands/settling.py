"""Keeps a risk point's level what its sources make it. Whoever holds the point's row may call it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.risks.codes import highest
from backend.risks.models import HazardSource, RiskPoint


async def settle_level(session: AsyncSession, actor: Actor, point: RiskPoint) -> None:
    """The highest of its sources: the residual level of each, or the inherent one where there is no residual."""
    graded = await session.execute(
        select(col(HazardSource.residual_level), col(HazardSource.inherent_level)).where(
            visible(actor, HazardSource),
            col(HazardSource.risk_point_id) == point.id,
            col(HazardSource.dropped_at).is_(None),
        )
    )
    point.level = highest([residual or inherent for residual, inherent in graded])
    await session.flush()
