"""Reminds of feedback that waits for an answer. The worker role calls it."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import SiteCalendar
from backend.core.clock import now
from backend.feedback.deadlines import next_reminder
from backend.feedback.models import OPEN, Feedback
from backend.feedback.telling import answering, tell
from backend.identity.models import Site
from backend.identity.permissions import system_query

AT_ONCE = 200


@system_query("the worker reminds on all sites")
async def remind_answerers(session: AsyncSession) -> int:
    """Record ``feedback.waiting`` for each whose time to be reminded of has come: told is who has it, else all who may
    answer. The next time is kept in the same transaction, so that a restart tells nobody twice. Gives how many.
    """
    found = await session.execute(
        select(Feedback, col(Site.time_zone), col(SiteCalendar.holidays))
        .join(Site, col(Site.id) == col(Feedback.site_id))
        .outerjoin(SiteCalendar, col(SiteCalendar.site_id) == col(Feedback.site_id))
        .where(col(Feedback.state).in_(OPEN), col(Feedback.remind_at) <= now())
        .order_by(col(Feedback.remind_at))
        .limit(AT_ONCE)
        .with_for_update(of=Feedback, skip_locked=True)
    )
    waiting = found.all()
    all_of = {site: await answering(session, site) for site in {one.site_id for one, *_ in waiting}}
    for one, zone, holidays in waiting:
        free = {date.fromisoformat(day) for day in holidays or ()}
        one.remind_at = next_reminder(now(), ZoneInfo(zone), free)
        await tell(session, one, "waiting", {one.assigned_to} if one.assigned_to else all_of[one.site_id])
    return len(waiting)
