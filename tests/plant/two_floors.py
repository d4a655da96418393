"""A plant of two floors that lie one above the other: what stands at x and y below has its namesake above."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.models import Site
from backend.plant.models import Area, Equipment, FloorPlan
from tests.factories import made, make_area

GROUND_WIDTH_M, UPPER_WIDTH_M = 500.0, 100.0
"""Both plans are 1000 units wide: a metre is 2 units below and 10 above."""


@dataclass(frozen=True)
class TwoFloors:
    """The plans, the ground floor the first of them, and an area on the upper one."""

    ground: FloorPlan
    upper: FloorPlan
    loft: Area


async def two_floors(session: AsyncSession, site: Site) -> TwoFloors:
    """The plans, with an area of nobody above."""
    plans = [
        await made(
            session,
            FloorPlan(site_id=site.id, name=name, name_en=en, width=1000, height=600, width_m=wide, position=place),
        )
        for place, (name, en, wide) in enumerate(
            (("一层", "Ground floor", GROUND_WIDTH_M), ("二层", "Upper floor", UPPER_WIDTH_M))
        )
    ]
    square = [[300.0, 100.0], [900.0, 100.0], [900.0, 500.0], [300.0, 500.0]]
    loft = await make_area(session, site, name="上料间", name_en="Loft", floor_plan_id=plans[1].id, polygon=square)
    return TwoFloors(plans[0], plans[1], loft)


async def stand(
    session: AsyncSession, plan: FloorPlan, *equipment: Equipment, x: float = 500.0, y: float = 300.0
) -> None:
    """Put ``equipment`` on ``plan``, each at the same place."""
    for one in equipment:
        kept = await session.get_one(Equipment, one.id)
        kept.floor_plan_id, kept.x, kept.y = plan.id, x, y


async def lie(session: AsyncSession, plan: FloorPlan, area: Area) -> None:
    """Draw ``area`` on ``plan``."""
    kept = await session.get_one(Area, area.id)
    kept.floor_plan_id, kept.polygon = plan.id, [[300.0, 100.0], [900.0, 100.0], [900.0, 500.0], [300.0, 500.0]]
