"""Maintenance of an estate (tests/identity/estate.py): a plan with what was done by it, and what is due."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.models import Person
from backend.maintenance.models import MaintenancePhoto, MaintenancePlan, MaintenancePlanVersion, MaintenanceRecord
from tests.factories import made


async def make_marked_maintenance(
    session: AsyncSession, worker: Person, equipment_id: int, post_id: int, mark: str
) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": worker.site_id}
    today = now().date()
    plan = MaintenancePlan(**site, equipment_id=equipment_id, name=f"{mark}保养", name_en=mark, since=today)
    plan.interval_days, plan.post_id = 5, post_id
    await made(session, plan)
    about: dict[str, Any] = {**site, "plan_id": plan.id}
    await made(session, MaintenancePlanVersion(**about, number=1, terms={"name": mark}, why=mark, origin=mark))
    record: dict[str, Any] = {**about, "equipment_id": equipment_id, "post_id": post_id, "summary": plan.name}
    await made(session, MaintenanceRecord(**record, summary_en=mark, due_on=today))
    done = MaintenanceRecord(**record, summary_en=mark, done_on=today, done_by=worker.id, note=mark)
    await made(session, done)
    file = {"sha256": "0" * 64, "path": "none.webp", "thumbnail_path": "none-small.webp"}
    photo = MaintenancePhoto(**site, record_id=done.id, uploaded_by=worker.id, width=1, height=1, bytes=1, **file)
    return {"maintenance_plan_id": plan.id, "maintenance_photo_id": (await made(session, photo)).id}
