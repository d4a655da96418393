"""Which accident the risk points of a place speak of most: suggested where the type of a hazard is asked."""

from collections import Counter
from typing import Any

from sqlalchemy import Select, and_, case, false, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.hazards.accidents import Ground, Likely, leading
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Equipment
from backend.risks.models import HazardSource, RiskPoint
from backend.risks.queries.board import standing


async def likely(session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None) -> Likely | None:
    """By the sources of the equipment's risk points; where none clearly leads, by all of its area. None for somebody
    who may not see risk points."""
    if not actor.can("risks.see"):
        return None
    own: Counter[str] = Counter()
    all_there: Counter[str] = Counter()
    for here, whole, accident, count in await session.execute(_named(actor, equipment_id, area_id)):
        key = "" if whole else accident
        all_there[key] += count
        if here:
            own[key] += count
    for ground, named in ((Ground.EQUIPMENT, own), (Ground.AREA, all_there)):
        of = named.pop("", 0)
        if (first := leading(named, of)) is not None:
            return Likely(first[0], ground, first[1], of)
    return None


def _named(actor: Actor, equipment_id: int | None, area_id: int | None) -> Select[Any]:
    """How many sources name each type, and (``whole``) any, apart for the equipment's own and the rest of the area."""
    thing = select(col(Equipment.area_id)).where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
    area = func.coalesce(literal(area_id), thing.scalar_subquery())
    mine = col(RiskPoint.equipment_id) == equipment_id if equipment_id is not None else false()
    there = func.coalesce(col(RiskPoint.area_id), col(Equipment.area_id)) == area
    each = func.jsonb_array_elements_text(col(HazardSource.accidents)).table_valued("value", name="each").lateral()
    accident = each.c.value
    here = case((mine, True), else_=False).label("here")
    by = (here, accident)
    return (
        select(here, func.grouping(accident) == 1, accident, func.count(col(HazardSource.id).distinct()))
        .join_from(
            HazardSource,
            RiskPoint,
            and_(visible(actor, RiskPoint), col(RiskPoint.id) == col(HazardSource.risk_point_id)),
        )
        .outerjoin(Equipment, and_(visible(actor, Equipment), col(Equipment.id) == col(RiskPoint.equipment_id)))
        .join(each, true())
        .where(visible(actor, HazardSource), col(HazardSource.dropped_at).is_(None), standing(), or_(mine, there))
        .group_by(func.grouping_sets(tuple_(*by), here))
    )
