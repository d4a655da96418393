"""Where a module runs: what the worker asks before it does anything for a site."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.identity.models import Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query


def runs(site_id: Any, module: Module) -> ColumnElement[bool]:
    """Whether the site that the column ``site_id`` names has ``module`` switched on, as a condition."""
    site = aliased(Site)
    off = func.jsonb_exists(col(site.modules_off), module.value)
    return select(1).where(col(site.id) == site_id, ~off).exists()


@system_query("the worker asks for any site")
async def is_on(session: AsyncSession, site_id: int, module: Module) -> bool:
    """Whether a site has ``module`` switched on."""
    found = await session.scalar(select(col(Site.modules_off)).where(col(Site.id) == site_id))
    return module.value not in (found or ())
