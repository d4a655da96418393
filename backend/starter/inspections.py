"""A pack's sample inspection plans into a demo site, with the visits that are due now. System role."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.calendar import USUAL_SHIFTS
from backend.checkins.checklists import stored
from backend.checkins.commands.laying import lay_out
from backend.checkins.models import Checklist, InspectionPlan, InspectionStop
from backend.core.clock import now
from backend.starter.pack import Pack


async def install_inspections(
    session: AsyncSession, site_id: int, pack: Pack, *, posts: Mapping[str, int], equipment: Mapping[str, int]
) -> None:
    """Add the pack's plans, marked as samples; ids of posts and equipment by code."""
    for spec in pack.inspections:
        plan = InspectionPlan(
            site_id=site_id,
            name=spec.name,
            name_en=spec.name_en,
            post_id=posts[spec.post],
            rhythm=spec.rhythm,
            begins_at=now(),
            skips_holidays=spec.skips_holidays,
            sample=True,
        )
        session.add(plan)
        await session.flush()
        checklist = Checklist(site_id=site_id, plan_id=plan.id, items=stored(spec.items))
        session.add(checklist)
        session.add_all(
            InspectionStop(site_id=site_id, plan_id=plan.id, position=position, equipment_id=equipment[code])
            for position, code in enumerate(spec.equipment)
        )
        await session.flush()
        plan.checklist_id = checklist.id
        await lay_out(session, plan, ZoneInfo(pack.site.time_zone), USUAL_SHIFTS, ())
