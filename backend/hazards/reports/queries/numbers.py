"""Numbers of reports: ``SB-20261124-003``, without gaps, by the day of the plant."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards.reports.lifecycle import number_on
from backend.identity.actor import Actor


async def next_number(session: AsyncSession, actor: Actor) -> str:
    """The next free number of the site's day. Whoever else reports on the site waits for our commit."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('report.number:' || :site, 0))"),
        {"site": str(actor.site_id)},
    )
    day = now().astimezone(actor.zone).strftime("%Y%m%d")
    highest = await session.execute(
        text(
            "SELECT max(CAST(split_part(number, '-', 3) AS integer)) FROM hazard_report "
            "WHERE site_id = :site AND number LIKE :day"
        ),
        {"site": actor.site_id, "day": f"SB-{day}-%"},
    )
    return number_on(day, (highest.scalar_one() or 0) + 1)
