"""Risk points as they stand now, a stock beside the flow of what happens: by level, place, accident and owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.history.queries.facts import plan_for_these_dates
from backend.operations.distribution.asked import Source, Wanted
from backend.operations.distribution.queries.counting import bound
from backend.operations.distribution.queries.facts import facts
from backend.operations.distribution.undergraded import Happened
from backend.plant.models import Area, Equipment
from backend.risks.codes import RANK
from backend.risks.models import HazardSource, RiskPoint
from backend.risks.queries.board import standing

MOST = 300
_LEVELS = {rank: str(level) for level, rank in RANK.items()}

Narrowed = Mapping[str, str | int | None]
"""By parameter; None: of which it isn't known."""


@dataclass
class Stock:
    """How many risk points in use there are. ``levels`` with measures in place, ``inherent`` without; "" and None: not
    graded, at none. ``accidents``: a point counts for each kind that one of its sources names."""

    total: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    inherent: dict[str, int] = field(default_factory=dict)
    areas: dict[int | None, int] = field(default_factory=dict)
    stages: dict[int | None, int] = field(default_factory=dict)
    posts: dict[int | None, int] = field(default_factory=dict)
    accidents: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StockRow:
    """A risk point with its two levels and its place."""

    id: int
    code: str
    name: str
    name_en: str
    level: str
    inherent: str
    area_id: int | None
    stage_id: int | None
    equipment_id: int | None
    post_id: int | None


@dataclass(frozen=True)
class Gravest:
    """The source that makes an area's level: the one to grade anew."""

    risk_point_id: int
    source_id: int
    name: str
    name_en: str


async def stock(session: AsyncSession, actor: Actor, narrowed: Narrowed) -> Stock:
    """All counts, in two statements."""
    points = _narrowed(actor, narrowed)
    one = points.c
    by = (one.level, one.inherent, one.area_id, one.stage_id, one.post_id)
    counted = select(func.grouping(*by).label("bits"), *by, func.count().label("n")).group_by(
        func.grouping_sets(*(tuple_(each) for each in by))
    )
    found = Stock()
    whole: tuple[dict[Any, int], ...] = (found.levels, found.inherent, found.areas, found.stages, found.posts)
    for row in (await session.execute(counted)).mappings():
        place = next(n for n in range(len(by)) if not row["bits"] >> (len(by) - 1 - n) & 1)
        key = row[by[place].key]
        whole[place][_LEVELS[key] if place < 2 else key] = row["n"]
    found.total = sum(found.levels.values())
    for accident, n in await session.execute(_by_accident(actor, points)):
        found.accidents[accident] = n
    return found


async def stock_rows(session: AsyncSession, actor: Actor, narrowed: Narrowed) -> Sequence[StockRow]:
    """The risk points themselves, the highest level first, at most ``MOST``."""
    one = _narrowed(actor, narrowed).c
    wanted = select(*one).order_by(one.level.desc(), one.inherent.desc(), one.code).limit(MOST)
    rows = (await session.execute(wanted)).mappings()
    return [StockRow(**{**row, "level": _LEVELS[row["level"]], "inherent": _LEVELS[row["inherent"]]}) for row in rows]


async def graded_areas(session: AsyncSession, actor: Actor) -> Mapping[int, str]:
    """What the risk points of each area say at most."""
    one = _points(actor).c
    wanted = select(one.area_id, func.max(one.level)).where(one.area_id.is_not(None)).group_by(one.area_id)
    return {area: _LEVELS[rank] for area, rank in await session.execute(wanted)}


async def happened_in(session: AsyncSession, actor: Actor, wanted: Wanted) -> Mapping[int, Happened]:
    """Incidents and alarms of the period by area, source and level, as the distribution counts them."""
    await plan_for_these_dates(session)
    one = facts(actor, (Source.INCIDENT, Source.ALARM), (), causes=False).subquery("facts").c
    asked = select(one.area_id, one.source, one.level, func.count())
    rows = await session.execute(
        asked.where(one.area_id.is_not(None)).group_by(one.area_id, one.source, one.level),
        bound(wanted, wanted.period),
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for area, source, level, n in rows:
        found.setdefault(area, {})[source, level] = n
    return found


async def gravest(session: AsyncSession, actor: Actor, areas: Sequence[int]) -> Mapping[int, Gravest]:
    """Of each of ``areas`` the source in use that is graded highest."""
    if not areas:
        return {}
    one, source = _points(actor).c, HazardSource
    present = func.greatest(_rank(col(source.residual_level)), 0)
    rank = case((present > 0, present), else_=_rank(col(source.inherent_level)))
    place = func.row_number().over(partition_by=one.area_id, order_by=(rank.desc(), col(source.id)))
    ranked = (
        select(
            one.area_id,
            one.id.label("point_id"),
            col(source.id),
            col(source.name),
            col(source.name_en),
            place.label("place"),
        )
        .join(source, col(source.risk_point_id) == one.id)
        .where(visible(actor, source), col(source.dropped_at).is_(None), one.area_id.in_(areas))
        .subquery()
    )
    rows = await session.execute(select(ranked).where(ranked.c.place == 1))
    return {row.area_id: Gravest(row.point_id, row.id, row.name, row.name_en) for row in rows}


def _rank(level: Any) -> Any:
    return case(RANK, value=level, else_=0)


def _points(actor: Actor) -> CTE:
    """Points in use, levels as ranks, with the place that is their own or their equipment's."""
    point, equipment = RiskPoint, Equipment
    source = HazardSource
    inherent = (
        select(col(source.risk_point_id).label("of"), func.max(_rank(col(source.inherent_level))).label("rank"))
        .where(visible(actor, source), col(source.dropped_at).is_(None))
        .group_by(col(source.risk_point_id))
        .subquery("inherent")
    )
    area_id = func.coalesce(col(point.area_id), col(equipment.area_id))
    return (
        select(
            *(col(getattr(point, name)) for name in ("id", "code", "name", "name_en")),
            _rank(col(point.level)).label("level"),
            func.coalesce(inherent.c.rank, 0).label("inherent"),
            area_id.label("area_id"),
            func.coalesce(col(point.stage_id), col(equipment.stage_id), col(Area.stage_id)).label("stage_id"),
            col(point.equipment_id),
            func.coalesce(col(point.post_id), col(equipment.owner_post_id)).label("post_id"),
        )
        .outerjoin(equipment, and_(visible(actor, equipment), col(equipment.id) == col(point.equipment_id)))
        .outerjoin(Area, and_(visible(actor, Area), col(Area.id) == area_id))
        .outerjoin(inherent, inherent.c.of == col(point.id))
        .where(visible(actor, point), standing())
        .cte("points")
    )


def _narrowed(actor: Actor, narrowed: Narrowed) -> CTE:
    points = _points(actor)
    conditions = [_condition(actor, points, name, value) for name, value in narrowed.items()]
    return select(points).where(*conditions).cte("asked") if conditions else points


def _condition(actor: Actor, points: CTE, name: str, value: str | int | None) -> ColumnElement[bool]:
    if name == "accident":
        named = select(col(HazardSource.risk_point_id)).where(
            visible(actor, HazardSource), col(HazardSource.dropped_at).is_(None)
        )
        if value is None:
            return points.c.id.not_in(named.where(func.jsonb_array_length(col(HazardSource.accidents)) > 0))
        return points.c.id.in_(named.where(func.jsonb_exists(col(HazardSource.accidents), value)))
    if name in ("level", "inherent"):
        column: ColumnElement[Any] = points.c[name]
        return column == RANK.get(str(value or ""), -1)
    column = points.c[f"{name}_id"]
    return column.is_(None) if value is None else column == value


def _by_accident(actor: Actor, points: CTE) -> Select[Any]:
    kind = func.jsonb_array_elements_text(col(HazardSource.accidents)).table_valued("value").render_derived().lateral()
    of_point = and_(col(HazardSource.risk_point_id) == points.c.id, col(HazardSource.dropped_at).is_(None))
    return (
        select(kind.c.value, func.count(points.c.id.distinct()))
        .select_from(points)
        .join(HazardSource, of_point)
        .join(kind, true())
        .where(visible(actor, HazardSource))
        .group_by(kind.c.value)
    )
