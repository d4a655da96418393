"""Makes a plan's visits ahead. Made twice for the same time they are made once."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.calendar import cadence
from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit, VisitState
from backend.checkins.schedule import windows, windows_from
from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.plant.models import Area, Equipment

AHEAD = timedelta(days=2)
"""So far visits are made: further than anybody looks, and than a worker is down for a weekend's night."""
CATCH_UP = timedelta(days=31)
"""Windows that passed while nothing ran are made up to so long ago, so that they are known as missed."""


@system_query("visits are the plan's own, for whoever holds its post")
async def lay_out(
    session: AsyncSession, plan: InspectionPlan, zone: ZoneInfo, shifts: Sequence[str], holidays: Sequence[str]
) -> None:
    """Make the visits of ``plan`` whose windows open before ``AHEAD``, from where it was planned until; a plan
    without visits begins with the window that is open now."""
    moment = now()
    rhythm = cadence(
        plan.rhythm,
        zone,
        shifts=shifts,
        holidays=holidays if plan.skips_holidays else (),
        interval_minutes=plan.interval_minutes,
        anchor=plan.begins_at,
    )
    until = moment + AHEAD
    if plan.planned_until is None:
        due = windows_from(rhythm, max(plan.begins_at, moment), until)
    else:
        due = windows(rhythm, max(plan.planned_until, moment - CATCH_UP), until)
    stops = await session.execute(
        select(col(InspectionStop.id))
        .outerjoin(Equipment, col(Equipment.id) == col(InspectionStop.equipment_id))
        .outerjoin(Area, col(Area.id) == col(InspectionStop.area_id))
        .where(
            col(InspectionStop.plan_id) == plan.id,
            col(InspectionStop.active),
            col(Equipment.retired_at).is_(None),
            col(Area.retired_at).is_(None),
        )
    )
    rows = [
        {
            "site_id": plan.site_id,
            "plan_id": plan.id,
            "stop_id": stop_id,
            "post_id": plan.post_id,
            "opens_at": window.opens,
            "closes_at": window.closes,
            "state": VisitState.DUE,
        }
        for stop_id in stops.scalars()
        for window in due
    ]
    if rows:
        same = [col(InspectionVisit.stop_id), col(InspectionVisit.opens_at)]
        await session.execute(insert(InspectionVisit).values(rows).on_conflict_do_nothing(index_elements=same))
    plan.planned_until = max(until, plan.planned_until or until)
    await session.flush()
