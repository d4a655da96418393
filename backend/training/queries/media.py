"""Pictures, videos and PDFs of courses."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.training.models import CourseMedia


async def media_one(session: AsyncSession, actor: Actor, media_id: int) -> CourseMedia:
    """One of the site's. Raises NotFound."""
    statement = select(CourseMedia).where(visible(actor, CourseMedia), col(CourseMedia.id) == media_id)
    found = (await session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


async def media_of(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> dict[int, CourseMedia]:
    """Those of ``ids`` that the site has, by id."""
    wanted = sorted(set(ids))
    statement = select(CourseMedia).where(visible(actor, CourseMedia), col(CourseMedia.id).in_(wanted))
    return {one.id: one for one in (await session.scalars(statement)).all()} if wanted else {}
