"""Links of the plant graph: those that pipes are drawn for, and those that lead from one floor plan to another.

A pipe can't be drawn from plan to plan, so that such a link is told on both: at each end, which way and where to.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.drawing import Flow, Way
from backend.plant.models import Equipment, FloorPlan, Link


@dataclass(frozen=True)
class End:
    """Equipment at one end of a link, and the plan with its mark; None where it has none."""

    id: int
    plan_id: int | None
    name: str
    name_en: str


async def links_between(
    session: AsyncSession, actor: Actor, plans: Sequence[FloorPlan]
) -> tuple[tuple[Flow, ...], dict[int, tuple[Way, ...]]]:
    """All flows between equipment of the site, and by plan those that leave it or come to it. In one query."""
    if len(plans) < 2:
        return tuple(Flow(*row) for row in await session.execute(_between(actor))), {}
    rows = (await session.execute(_between(actor, plans[0].id))).all()
    flows = tuple(Flow(*row[:3]) for row in rows)
    return flows, ways(
        ((flow.kind, End(*row[3:7]), End(*row[7:])) for flow, row in zip(flows, rows, strict=True)), plans
    )


def ways(links: Iterable[tuple[str, End, End]], plans: Sequence[FloorPlan]) -> dict[int, tuple[Way, ...]]:
    """By plan, those of ``links`` (what travels, from, to) with one end on it and the other on another of ``plans``."""
    known = {one.id: one for one in plans}
    found: dict[int, list[Way]] = defaultdict(list)
    for kind, source, target in links:
        if source.plan_id == target.plan_id or not {source.plan_id, target.plan_id} <= set(known):
            continue
        for here, there, out in ((source, target, True), (target, source, False)):
            plan = known[there.plan_id or 0]
            way = Way(here.id, out, kind, there.id, there.name, there.name_en, plan.id, plan.name, plan.name_en)
            found[here.plan_id or 0].append(way)
    return {plan_id: tuple(some) for plan_id, some in found.items()}


def _between(actor: Actor, first_id: int | None = None) -> Any:
    """Source, target and kind; with the site's first plan, both ends as ``End`` has them."""
    source, target = alias_of(Equipment, "link_source"), alias_of(Equipment, "link_target")
    ends = (col(Link.source_equipment_id), col(Link.target_equipment_id))
    found = select(*ends, col(Link.kind)).where(visible(actor, Link), *(end.is_not(None) for end in ends))
    if first_id is not None:
        for end, one in zip(ends, (source, target), strict=True):
            found = found.join(one, and_(visible(actor, one), col(one.id) == end))
            marked = and_(col(one.retired_at).is_(None), col(one.x).is_not(None), col(one.y).is_not(None))
            on = case((marked, func.coalesce(col(one.floor_plan_id), first_id)), else_=null())
            found = found.add_columns(col(one.id), on, col(one.name), col(one.name_en))
    return found.order_by(col(Link.id))
