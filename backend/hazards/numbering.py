"""Gives reports, rectifications and incidents the numbers people call them by (``ZG-20261124-003``), counted per site
and day.
"""

from datetime import tzinfo
from typing import Any

from sqlalchemy import Integer, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.tables import SiteScoped
from backend.identity.permissions import system_query


@system_query("numbers count on over what the actor may not see")
async def next_number(session: AsyncSession, site_id: int, zone: tzinfo, model: type[SiteScoped], prefix: str) -> str:
    """The next free ``number`` of ``model`` on the site's day, by its ``zone``. Whoever else needs one there waits for
    our commit."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:kind || ':' || :site, 0))"),
        {"kind": f"{prefix}.number", "site": str(site_id)},
    )
    number: Any = col(model.number)  # type: ignore[attr-defined]
    day = f"{prefix}-{now().astimezone(zone):%Y%m%d}-"
    counted = select(func.max(cast(func.split_part(number, "-", 3), Integer)))
    highest = await session.execute(counted.where(col(model.site_id) == site_id, number.like(f"{day}%")))
    return number_on(day, (highest.scalar_one() or 0) + 1)


def number_on(day: str, count: int) -> str:
    """What people call the ``count``-th of a ``day`` (``ZG-20261124-``)."""
    return f"{day}{count:03d}"
