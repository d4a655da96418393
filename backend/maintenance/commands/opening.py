"""Keeps a plan's one open record as the plan and what was done by it say. Whoever holds the plan's row may call it."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.permissions import system_query
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord, is_open
from backend.maintenance.schedule import due_on


@system_query("the record is the plan's own, for whoever holds its post")
async def open_record(session: AsyncSession, plan: MaintenancePlan) -> MaintenanceRecord | None:
    """The plan's record that is to be done."""
    return (
        await session.scalars(select(MaintenanceRecord).where(col(MaintenanceRecord.plan_id) == plan.id, is_open()))
    ).one_or_none()


@system_query("the record is the plan's own, for whoever holds its post")
async def keep_open(session: AsyncSession, plan: MaintenancePlan, today: date) -> MaintenanceRecord | None:
    """Open the next record, move the day of the open one, or drop it. A plan that has nothing more to ask for rests.

    ``today``: the site's day, from which on a new day counts. Gives the open record.
    """
    last = await session.scalar(
        select(func.max(col(MaintenanceRecord.done_on))).where(col(MaintenanceRecord.plan_id) == plan.id)
    )
    due = due_on(plan.since, plan.interval_days, last)
    plan.active = plan.active and due is not None
    record = await open_record(session, plan)
    if not plan.active or due is None:
        if record is not None:
            record.dropped_on = today
        await session.flush()
        return None
    if record is None:
        record = MaintenanceRecord(site_id=plan.site_id, equipment_id=plan.equipment_id, plan_id=plan.id, summary="")
        session.add(record)
    if record.due_on != due:
        record.due_on, record.asked_on = due, today
        record.soon_told_on = record.late_told_on = None
    record.post_id, record.sample = plan.post_id, plan.sample
    record.summary, record.summary_en = plan.name, plan.name_en
    await session.flush()
    return record
