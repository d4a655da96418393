"""The sites there are, for the system's own roles."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.models import Site
from backend.identity.permissions import system_query


@system_query("the watchdog watches the line of every site")
async def all_sites(session: AsyncSession) -> list[Site]:
    """Every site, the oldest first."""
    return list(await session.scalars(select(Site).order_by(col(Site.id))))
