"""Reminds of looks on site that wait. The worker role calls it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.reports.telling import deciders, overseers
from backend.identity.permissions import system_query
from backend.plant.models import Area, Equipment
from backend.tracing.checks.patience import Reach, next_reminder, reach
from backend.tracing.checks.places import holders
from backend.tracing.checks.queries import still_wanted
from backend.tracing.checks.telling import tell
from backend.tracing.models import Trace, TraceCheck

AT_ONCE = 200


@system_query("the worker reminds on all sites")
async def remind_of_checks(session: AsyncSession) -> int:
    """Record ``trace.check_waiting`` for each look whose time to be reminded of has come: told is who is to look; from
    the end of its time on who asked and who leads there, too; then managers and safety officers of what a leader asked.

    The next time is kept with it in the same transaction, so that a restart tells nobody twice; what nobody wants any
    more is passed over for good. Gives how many; call again while it is ``AT_ONCE``. Two workers share the work.
    """
    at = now()
    waiting = await session.execute(
        select(TraceCheck, Trace, col(Area.team_id), still_wanted())
        .join(Trace, col(Trace.id) == col(TraceCheck.trace_id))
        .outerjoin(Equipment, col(Equipment.id) == col(TraceCheck.equipment_id))
        .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
        .where(col(TraceCheck.answered_at).is_(None), col(TraceCheck.remind_at) <= at)
        .order_by(col(TraceCheck.remind_at))
        .limit(AT_ONCE)
        .with_for_update(of=TraceCheck, skip_locked=True)
    )
    late = waiting.all()
    for check, made, team_id, wanted in late:
        check.remind_at = next_reminder(check.created_at, check.due_at, at) if wanted else None
        if wanted:
            climbed = reach(check.created_at, check.due_at, at, by_person=check.asked_by is not None)
            told = await _told(session, check, team_id, climbed)
            await tell(session, made, check, "check_waiting", told, note=check.words)
    return len(late)


async def _told(session: AsyncSession, check: TraceCheck, team_id: int | None, climbed: Reach) -> set[int]:
    told = set(await holders(session, check.site_id, check.post_id))
    if climbed >= Reach.LEADERS or not told:
        told |= await deciders(session, check.site_id, team_id)
        told |= {check.asked_by} if check.asked_by else set()
    if climbed >= Reach.OVERSEERS:
        told |= await overseers(session, check.site_id)
    return told
