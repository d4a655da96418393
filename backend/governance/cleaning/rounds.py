"""Looks through what is new at each site for suspect data. The worker calls ``keep_cases`` every few minutes.

A round goes on where the last one ended, in one transaction: one that dies leaves nothing behind, and whatever is
looked at twice is found by its key.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.governance.cleaning.finding_records import find_late, find_repeated, find_slips
from backend.governance.cleaning.finding_slow import find_drifts, find_late_sources, keep_levels
from backend.governance.cleaning.finding_values import find_values
from backend.governance.cleaning.models import CleaningRound
from backend.identity.models import Site
from backend.identity.permissions import system_query
from backend.telemetry.quality.measuring import HOUR
from backend.telemetry.quality.models import QualityRound

LOOK_BACK = timedelta(days=8)
"""A site that is looked at for the first time starts so far back; so far back values may come late."""
HOURS_AT_ONCE = 24
OVERLAP = timedelta(minutes=10)
"""Records whose transaction ended after a round had looked are seen by the next."""
NIGHT_HOUR = 2
"""From this hour of the site's day what shows over days is looked at, once."""


@system_query("the worker looks for suspect data at every site")
async def keep_cases(session: AsyncSession) -> int:
    """Look through every site; gives how many cases were made or extended."""
    sites = (await session.execute(select(col(Site.id), col(Site.time_zone)).order_by(col(Site.id)))).all()
    return sum([await look_through(session, site_id, ZoneInfo(zone)) for site_id, zone in sites])


@system_query("the worker looks for suspect data at every site")
async def look_through(session: AsyncSession, site_id: int, zone: ZoneInfo) -> int:
    """Look through what is new at one site; nothing while another worker does."""
    start = text("INSERT INTO cleaning_round(site_id) VALUES (:site) ON CONFLICT DO NOTHING")
    await session.execute(start, {"site": site_id})
    wanted = select(CleaningRound).where(col(CleaningRound.site_id) == site_id).with_for_update(skip_locked=True)
    work = await session.scalar(wanted.execution_options(populate_existing=True))
    if work is None:
        return 0
    at = now()
    since = (work.records_until or at - LOOK_BACK) - OVERLAP
    filed = await find_repeated(session, site_id, since)
    filed += await find_late(session, site_id, zone, since)
    filed += await find_slips(session, site_id, since)
    work.records_until = at
    filed += await _hours(session, site_id, work, at)
    local = at.astimezone(zone)
    if local.hour >= NIGHT_HOUR and work.night != local.date():
        filed += await _night(session, site_id, zone, local.date(), work.hours_until)
        work.night = local.date()
    await session.flush()
    return filed


@system_query("the worker looks for suspect data at every site")
async def _hours(session: AsyncSession, site_id: int, work: CleaningRound, at: datetime) -> int:
    """The hours of points that were counted since, a day of them at most."""
    counted = await session.scalar(select(QualityRound).where(col(QualityRound.site_id) == site_id))
    if counted is None or counted.begins is None or counted.until is None:
        return 0
    since = work.hours_until or max(counted.begins, at - LOOK_BACK)
    until = min(counted.until, since + HOURS_AT_ONCE * HOUR)
    work.hours_until = max(since, until)
    return await find_values(session, site_id, since, until) if until > since else 0


@system_query("the worker looks for suspect data at every site")
async def _night(
    session: AsyncSession, site_id: int, zone: ZoneInfo, today: date, looked_until: datetime | None
) -> int:
    await keep_levels(session, site_id, zone, today)
    filed = await find_drifts(session, site_id, zone, today)
    filed += await find_late_sources(session, site_id, zone, today)
    if looked_until is not None:
        filed += await find_values(session, site_id, looked_until - LOOK_BACK, looked_until, late=True)
    return filed
