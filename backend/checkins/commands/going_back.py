"""Putting a plan back to how it stood before a change of its rhythm, post, places or checklist."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.commands.planning import PlanWish, change_plan
from backend.checkins.models import InspectionPlan
from backend.checkins.queries.past import UNDONE, as_kept, checklist_numbered, plan_changes
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.identity.undoing import as_before


async def restore_plan(session: AsyncSession, actor: Actor, plan_id: int, entry_id: int) -> InspectionPlan:
    """Take back a change of a plan and all later ones; that is a change too, and what was done meanwhile stays.

    A checklist is asked again as it was. Raises Forbidden, NotFound for no such change or a place that is gone,
    Invalid where what stood then can't be wished for now.
    """
    require(actor, "plans.edit")
    plan = await get_visible(session, actor, InspectionPlan, plan_id, lock=True)
    changes = await plan_changes(session, actor, plan_id)
    if not any(one.id == entry_id and one.action in UNDONE for one in changes):
        raise NotFound()
    former = as_before(changes, entry_id, await as_kept(session, actor, plan))
    questions = await checklist_numbered(session, actor, plan_id, former.pop("checklist"))
    equipment, areas = tuple(former.pop("equipment_ids")), tuple(former.pop("area_ids"))
    wish = PlanWish(questions=questions, equipment_ids=equipment, area_ids=areas, **former)
    return await change_plan(session, actor, plan_id, wish, plan.version, deed="plan.restored")
