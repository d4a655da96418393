"""A pack's inspection plans into a site. They rest, so that nobody misses a visit before somebody has started them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.checklists import stored
from backend.checkins.models import Checklist, InspectionPlan, InspectionStop
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.starter.trades.pack import RoundSpec, TradePack
from backend.starter.trades.wish import Machine


async def install_rounds(
    session: AsyncSession,
    actor: Actor,
    pack: TradePack,
    machines: Sequence[Machine],
    *,
    posts: Mapping[str, int],
    equipment: Mapping[str, int],
) -> int:
    """Add plans whose name the site doesn't have, over all machines of their kinds; gives how many.

    A plan that still rests and has nothing of its own takes in machines that came later; one in use is people's.
    """
    found = await session.scalars(select(InspectionPlan).where(visible(actor, InspectionPlan)))
    known = {plan.name: plan for plan in found}
    made = 0
    for spec in pack.rounds:
        stops = [equipment[m.code] for code in spec.equipment for m in machines if m.kind.code == code]
        plan = known.get(spec.name)
        if plan is None and stops:
            plan = await _plan(session, actor, spec, posts[spec.post])
            made += 1
        if plan is not None and not plan.active:
            await _stops(session, actor, plan, stops)
    return made


async def _plan(session: AsyncSession, actor: Actor, spec: RoundSpec, post_id: int) -> InspectionPlan:
    plan = InspectionPlan(
        site_id=actor.site_id,
        name=spec.name,
        name_en=spec.name_en,
        post_id=post_id,
        rhythm=spec.rhythm,
        begins_at=now(),
        active=False,
    )
    session.add(plan)
    await session.flush()
    checklist = Checklist(site_id=actor.site_id, plan_id=plan.id, items=stored(spec.items))
    session.add(checklist)
    await session.flush()
    plan.checklist_id = checklist.id
    return plan


async def _stops(session: AsyncSession, actor: Actor, plan: InspectionPlan, wanted: Sequence[int]) -> None:
    found = await session.scalars(
        select(col(InspectionStop.equipment_id)).where(
            visible(actor, InspectionStop), col(InspectionStop.plan_id) == plan.id
        )
    )
    known = list(found)
    fresh = [id_ for id_ in wanted if id_ not in known]
    session.add_all(
        InspectionStop(site_id=actor.site_id, plan_id=plan.id, position=place, equipment_id=id_)
        for place, id_ in enumerate(fresh, start=len(known))
    )
    await session.flush()
