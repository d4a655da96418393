"""Risk points and gradings page by page, for programs that read all of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.risks.models import HazardSource, RiskGrading, RiskPoint
from backend.risks.queries.board import UNGRADED, standing

PAGE = 50


async def points_page(
    session: AsyncSession,
    actor: Actor,
    *,
    level: str = "",
    area_id: int | None = None,
    retired: bool = False,
    after: int = 0,
    most: int = PAGE,
) -> Sequence[RiskPoint]:
    """Risk points with ids above ``after``, in their order; ``level`` may be ``none`` for those that aren't graded."""
    wanted = (
        select(RiskPoint)
        .where(visible(actor, RiskPoint), ~standing() if retired else standing(), col(RiskPoint.id) > after)
        .order_by(col(RiskPoint.id))
        .limit(most)
    )
    if level:
        wanted = wanted.where(col(RiskPoint.level) == ("" if level == UNGRADED else level))
    if area_id is not None:
        wanted = wanted.where(col(RiskPoint.area_id) == area_id)
    return (await session.scalars(wanted)).all()


async def gradings_page(
    session: AsyncSession, actor: Actor, risk_point_id: int, *, before: int | None = None, most: int = PAGE
) -> Sequence[RiskGrading]:
    """All gradings of a point's sources, dropped ones too, the newest first. Raises NotFound."""
    point = await get_visible(session, actor, RiskPoint, risk_point_id)
    sources = select(col(HazardSource.id)).where(
        visible(actor, HazardSource), col(HazardSource.risk_point_id) == point.id
    )
    wanted = select(RiskGrading).where(visible(actor, RiskGrading), col(RiskGrading.source_id).in_(sources))
    if before is not None:
        wanted = wanted.where(col(RiskGrading.id) < before)
    return (await session.scalars(wanted.order_by(col(RiskGrading.id).desc()).limit(most))).all()
