"""A pack's sample maintenance plans into a demo site, each with when it was done last and is due next. System role."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.permissions import system_query
from backend.maintenance.commands.opening import keep_open
from backend.maintenance.models import MaintenancePlan, MaintenancePlanVersion, MaintenanceRecord
from backend.maintenance.schedule import Terms
from backend.plant.models import Equipment
from backend.starter.pack import MaintenanceSpec, Pack


async def install_maintenance(
    session: AsyncSession, site_id: int, pack: Pack, *, equipment: Mapping[str, int], today: date
) -> None:
    """Add the pack's plans, marked as samples; ids of equipment by code. They are its owner post's."""
    owners = await _owners(session, site_id)
    for spec in pack.maintenance:
        equipment_id = equipment[spec.equipment]
        terms = _terms(spec, owners[equipment_id], today)
        plan = MaintenancePlan(site_id=site_id, equipment_id=equipment_id, sample=True, **asdict(terms))
        session.add(plan)
        await session.flush()
        stored = {**terms.stored(), "active": True}
        session.add(MaintenancePlanVersion(site_id=site_id, plan_id=plan.id, number=plan.version, terms=stored))
        session.add(
            MaintenanceRecord(
                site_id=site_id,
                equipment_id=equipment_id,
                plan_id=plan.id,
                post_id=plan.post_id,
                summary=plan.name,
                summary_en=plan.name_en,
                done_on=terms.since,
                sample=True,
            )
        )
        await session.flush()
        following = await keep_open(session, plan, today)
        if following is not None:
            following.asked_on = None  # a sample has a past in which it was asked for
    await session.flush()


def _terms(spec: MaintenanceSpec, post_id: int | None, today: date) -> Terms:
    done_on = today - timedelta(days=spec.done_days_ago)
    interval = spec.done_days_ago + spec.due_in_days
    return Terms(spec.summary, spec.kind, done_on, interval, post_id, spec.summary_en)


@system_query("an installation works on behalf of no person")
async def _owners(session: AsyncSession, site_id: int) -> dict[int, int | None]:
    rows = await session.execute(
        select(col(Equipment.id), col(Equipment.owner_post_id)).where(col(Equipment.site_id) == site_id)
    )
    return {id_: post_id for id_, post_id in rows}
