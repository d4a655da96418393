"""Gives rectifications the numbers people call them by: ZG-20261124-003, counted per site and day."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards import plan
from backend.identity.actor import Actor


async def next_number(session: AsyncSession, actor: Actor) -> str:
    """The next free number of the site's day. Whoever else opens on the site waits for our commit."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('rectification.number:' || :site, 0))"),
        {"site": str(actor.site_id)},
    )
    day = now().astimezone(actor.zone).strftime("%Y%m%d")
    highest = await session.execute(
        text(
            "SELECT max(CAST(split_part(number, '-', 3) AS integer)) FROM rectification "
            "WHERE site_id = :site AND number LIKE :day"
        ),
        {"site": actor.site_id, "day": f"ZG-{day}-%"},
    )
    return plan.number_on(day, (highest.scalar_one() or 0) + 1)
