"""Records of what may go wrong and of what should hold it: risk points, inspection plans, maintenance plans."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import InspectionPlan
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.lessons.queries.records import Row
from backend.maintenance.models import MaintenancePlan
from backend.risks.models import RiskPoint


async def held_by(session: AsyncSession, actor: Actor, ids: Mapping[str, Sequence[int]]) -> list[Row]:
    """Those of ``ids`` (by what a ref begins with) that the actor may see; each table is asked once."""
    found: list[Row] = []
    if points := ids.get("risk_point"):
        rows = await session.scalars(select(RiskPoint).where(visible(actor, RiskPoint), col(RiskPoint.id).in_(points)))
        found += [
            Row(f"risk_point:{o.id}", f"/risks/{o.id}", o.code, o.name, o.name_en, o.level, o.created_at) for o in rows
        ]
    if plans := ids.get("plan"):
        walked = select(InspectionPlan).where(visible(actor, InspectionPlan), col(InspectionPlan.id).in_(plans))
        found += [
            Row(f"plan:{o.id}", f"/plans/{o.id}", "", o.name, o.name_en, "", o.created_at)
            for o in await session.scalars(walked)
        ]
    if upkeep := ids.get("maintenance"):
        kept = select(MaintenancePlan).where(visible(actor, MaintenancePlan), col(MaintenancePlan.id).in_(upkeep))
        found += [
            Row(f"maintenance:{o.id}", f"/maintenance/{o.id}", "", o.name, o.name_en, "", o.created_at)
            for o in await session.scalars(kept)
        ]
    return found
