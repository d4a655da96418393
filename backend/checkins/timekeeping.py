"""What the clock does with visits: makes them ahead, finds the missed ones, forgets positions. The worker calls it.

Each round does the same as two at once would: visits are unique by place and time, and a visit is missed once.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.checkins.calendar import USUAL_SHIFTS
from backend.checkins.commands.laying import AHEAD, lay_out
from backend.checkins.models import InspectionPlan, InspectionVisit, SiteCalendar, VisitState
from backend.core.clock import now
from backend.core.events import record_event
from backend.identity.models import Person, PostHolder, Role, Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import runs

AT_ONCE = 200
OFTEN = timedelta(hours=1)
"""A plan is laid out anew when so much of its time ahead is used up."""


async def keep_rounds(session: AsyncSession) -> int:
    """Make visits ahead and mark what was missed; gives how many were."""
    await withdraw(session)
    await plan_ahead(session)
    return await mark_missed(session)


@system_query("the worker plans for all sites")
async def withdraw(session: AsyncSession) -> None:
    """Where check-ins were switched off, take back what nobody did: it isn't missed. Planning begins anew after."""
    off = ~runs(col(InspectionPlan.site_id), Module.CHECKINS)
    stopped = (
        update(InspectionPlan)
        .where(off, col(InspectionPlan.planned_until).is_not(None))
        .values(planned_until=None)
        .returning(col(InspectionPlan.id))
    )
    plans = list(await session.scalars(stopped))
    if plans:
        undone = delete(InspectionVisit).where(
            col(InspectionVisit.plan_id).in_(plans), col(InspectionVisit.state) == VisitState.DUE
        )
        await session.execute(undone)


@system_query("the worker plans for all sites")
async def plan_ahead(session: AsyncSession) -> int:
    """Lay out the plans in use; gives how many. Plans another worker holds are left to it."""
    planned = col(InspectionPlan.planned_until)
    rows = await session.execute(
        select(InspectionPlan, col(Site.time_zone), SiteCalendar)
        .join(Site, col(Site.id) == col(InspectionPlan.site_id))
        .outerjoin(SiteCalendar, col(SiteCalendar.site_id) == col(InspectionPlan.site_id))
        .where(
            col(InspectionPlan.active),
            or_(planned.is_(None), planned < now() + AHEAD - OFTEN),
            runs(col(InspectionPlan.site_id), Module.CHECKINS),
        )
        .order_by(planned.nulls_first(), col(InspectionPlan.id))
        .limit(AT_ONCE)
        .with_for_update(of=InspectionPlan, skip_locked=True)
    )
    found = list(rows)
    for plan, zone, calendar in found:
        shifts, holidays = (calendar.shifts, calendar.holidays) if calendar else (USUAL_SHIFTS, ())
        await lay_out(session, plan, ZoneInfo(zone), shifts, holidays)
    return len(found)


@dataclass(frozen=True)
class _Round:
    """Visits of one plan whose time ended together."""

    site_id: int
    plan_id: int
    post_id: int
    closed_at: datetime


@system_query("the worker watches all sites")
async def mark_missed(session: AsyncSession) -> int:
    """Mark visits whose time is over as missed, and record ``checkin.missed`` once for those of one round.

    Told are the holders of the post and the leaders of their teams. Gives how many visits; call again while it is
    ``AT_ONCE``.
    """
    over = (
        select(col(InspectionVisit.id))
        .where(col(InspectionVisit.state) == VisitState.DUE, col(InspectionVisit.closes_at) <= now())
        .order_by(col(InspectionVisit.closes_at), col(InspectionVisit.id))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = await session.execute(
        update(InspectionVisit)
        .where(col(InspectionVisit.id).in_(over))
        .values(state=VisitState.MISSED, missed_at=now())
        .returning(
            col(InspectionVisit.site_id),
            col(InspectionVisit.plan_id),
            col(InspectionVisit.post_id),
            col(InspectionVisit.closes_at),
        )
    )
    rounds: dict[_Round, int] = defaultdict(int)
    for row in rows:
        rounds[_Round(*row)] += 1
    for round_, count in rounds.items():
        await _tell(session, round_, count)
    return sum(rounds.values())


@system_query("the worker tells on all sites")
async def _tell(session: AsyncSession, round_: _Round, count: int) -> None:
    plan = (await session.execute(select(InspectionPlan).where(col(InspectionPlan.id) == round_.plan_id))).scalar_one()
    await record_event(
        session,
        site_id=round_.site_id,
        kind="checkin.missed",
        subject="checkin",
        subject_id=round_.plan_id,
        story=f"inspection_plan:{round_.plan_id}",
        data={
            "title_zh": f"漏检 {count} 处：{plan.name}",
            "title_en": f"{count} missed: {plan.name_en or plan.name}",
            "url": "/checkins",
            "count": count,
            "closed_at": round_.closed_at.isoformat(),
            "told": await _concerned(session, round_.post_id),
        },
    )


@system_query("the worker tells on all sites")
async def _concerned(session: AsyncSession, post_id: int) -> list[int]:
    """Who holds the post, and the leaders of their teams."""
    holder, leader = aliased(Person), aliased(Person)
    rows = await session.execute(
        select(col(holder.id), col(leader.id))
        .select_from(PostHolder)
        .join(holder, col(holder.id) == col(PostHolder.person_id))
        .outerjoin(
            leader,
            (col(leader.site_id) == col(holder.site_id))
            & (col(leader.team_id) == col(holder.team_id))
            & (col(leader.role) == Role.LEADER)
            & col(leader.active),
        )
        .where(col(PostHolder.post_id) == post_id, col(PostHolder.until).is_(None), col(holder.active))
    )
    return sorted({id_ for row in rows for id_ in row if id_ is not None})
