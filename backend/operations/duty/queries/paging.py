"""Appeals page by page, for programs that read all of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.operations.duty.models import AppealState, DutyAppeal

PAGE = 50


async def appeals_page(
    session: AsyncSession,
    actor: Actor,
    *,
    state: AppealState | None = None,
    before: int | None = None,
    most: int = PAGE,
) -> Sequence[DutyAppeal]:
    """Appeals that the actor may see, with ids below ``before``, the newest first."""
    wanted = select(DutyAppeal).where(visible(actor, DutyAppeal)).order_by(col(DutyAppeal.id).desc()).limit(most)
    if state is not None:
        wanted = wanted.where(col(DutyAppeal.state) == state)
    if before is not None:
        wanted = wanted.where(col(DutyAppeal.id) < before)
    return (await session.scalars(wanted)).all()
