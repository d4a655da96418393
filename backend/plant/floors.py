"""Which of a site's floor plans a page shows, and what lies on which: every page that draws the plant asks here.

A site with one plan has no choice, and is asked nothing more for it. Plans have no coordinates in common: the same x
and y on two of them are two places.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Query
from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.drawing import Drawing
from backend.plant.models import Area, Equipment, FloorPlan
from backend.plant.queries import drawings, floor_plans

PlanId = Annotated[int | None, Query(alias="plan", ge=1, lt=2**63)]
"""``?plan=`` of an address: the plan that somebody chose."""
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Floors:
    """A site's plans in use, in their order; of the areas and equipment asked about the plan on which each is drawn, by
    their ids. Where there is no choice nothing was asked, and both are empty."""

    plans: Sequence[FloorPlan] = ()
    areas: Mapping[int, int] = field(default_factory=dict)
    equipment: Mapping[int, int] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether there is a choice."""
        return len(self.plans) > 1

    @property
    def first_id(self) -> int | None:
        """The plan that is meant where none is named."""
        return self.plans[0].id if self.plans else None

    def of(self, equipment_id: int | None = None, area_id: int | None = None) -> int | None:
        """The plan with the mark of the equipment, else with the area."""
        on = self.equipment.get(equipment_id) if equipment_id else None
        return on or (self.areas.get(area_id) if area_id else None)

    def plan(self, plan_id: int | None) -> FloorPlan | None:
        """The plan of that id, if it is in use."""
        return next((one for one in self.plans if one.id == plan_id), None)

    def chosen(self, asked: int | None, *wishes: int | None) -> int | None:
        """What a page shows: what was ``asked`` for, else the first of ``wishes`` (where what it is about is), else the
        site's first plan. Raises NotFound for a plan that isn't in use, or another site's."""
        if asked is not None and self.plan(asked) is None:
            raise NotFound()
        return asked or next((one for one in wishes if one is not None), self.first_id)

    def gathered(
        self, areas: Mapping[Any, _Value] | None = None, equipment: Mapping[Any, _Value] | None = None
    ) -> dict[int, list[_Value]]:
        """By plan, what is said of the areas and of the equipment (by their ids) on it."""
        found: dict[int, list[_Value]] = {}
        for on, said in ((self.areas, areas or {}), (self.equipment, equipment or {})):
            for id_, value in said.items():
                if id_ in on:
                    found.setdefault(on[id_], []).append(value)
        return found

    def tally(self, equipment: Iterable[int]) -> Counter[int]:
        """How many of ``equipment`` are on each plan."""
        return Counter(self.equipment[one] for one in equipment if one in self.equipment)

    def most(self, counts: Mapping[int, int]) -> int | None:
        """The first of the plans that have the most by ``counts``; None where none has any."""
        some = [one.id for one in self.plans if counts.get(one.id, 0) > 0]
        return max(some, key=lambda id_: counts[id_], default=None)

    def along(self, equipment: Iterable[int]) -> list[FloorPlan]:
        """The plans that a path along ``equipment`` comes to, each once, in the order of the path."""
        met = dict.fromkeys(self.equipment[one] for one in equipment if one in self.equipment)
        return [one for one in map(self.plan, met) if one is not None]


async def floors_of(
    session: AsyncSession, actor: Actor, areas: Iterable[int | None] = (), equipment: Iterable[int | None] = ()
) -> Floors:
    """The plans of the actor's site; where there are several, one query says where ``areas`` and ``equipment`` are."""
    plans = await floor_plans(session, actor)
    wanted = [{one for one in ids if one is not None} for ids in (areas, equipment)]
    if len(plans) < 2 or not any(wanted):
        return Floors(plans)
    known = {plan.id for plan in plans}
    rows = [row for row in await _placed(session, actor, plans[0].id, *wanted) if row[2] in known]
    on = [{id_: plan_id for is_area, id_, plan_id in rows if is_area is kind} for kind in (True, False)]
    return Floors(plans, *on)


async def _placed(
    session: AsyncSession, actor: Actor, first_id: int, areas: Collection[int], equipment: Collection[int]
) -> Sequence[Any]:
    """Rows of whether it is an area, its id, and the id of its plan."""
    drawn = select(literal(True), col(Area.id), col(Area.floor_plan_id)).where(
        visible(actor, Area), among(col(Area.id), areas), col(Area.retired_at).is_(None)
    )
    marked = select(literal(False), col(Equipment.id), func.coalesce(col(Equipment.floor_plan_id), first_id)).where(
        visible(actor, Equipment),
        among(col(Equipment.id), equipment),
        col(Equipment.retired_at).is_(None),
        col(Equipment.x).is_not(None),
        col(Equipment.y).is_not(None),
    )
    return (await session.execute(drawn.union_all(marked))).all()


async def drawing_of(session: AsyncSession, actor: Actor, floors: Floors, plan_id: int | None) -> Drawing | None:
    """One of ``floors`` as it is drawn; None where there is none."""
    return (await drawings(session, actor, floors.plans, [plan_id])).get(plan_id) if plan_id else None


async def every_drawing(session: AsyncSession, actor: Actor, floors: Floors) -> dict[int, Drawing]:
    """All of ``floors`` as they are drawn, by id, in their order."""
    return await drawings(session, actor, floors.plans, [one.id for one in floors.plans])


def drawn_on(plans: Iterable[Drawing], equipment_id: int | None, area_id: int | None) -> int | None:
    """The id of the plan with the mark of the equipment, else of the first one with the area; None where neither is
    drawn."""
    every = list(plans)
    marked = (one.id for one in every if any(mark.id == equipment_id for mark in one.equipment))
    outlined = (one.id for one in every if any(area.id == area_id for area in one.areas))
    return next(marked, None) or next(outlined, None)
