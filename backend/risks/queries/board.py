"""The list of risk points, how many there are of each level, and those of a place with what holds them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment
from backend.risks.codes import RANK
from backend.risks.models import ControlMeasure, HazardSource, RiskPoint

MOST = 300
"""A page shows no more; the search narrows it."""
UNGRADED = "none"


@dataclass(frozen=True)
class BoardLine:
    """A risk point with its place, and how many sources it has."""

    point: RiskPoint
    area: Area | None
    equipment: Equipment | None
    post: Post | None
    sources: int


@dataclass(frozen=True)
class PlaceRisk:
    """A risk point as the people who work there are told of it."""

    point: RiskPoint
    sources: Sequence[tuple[HazardSource, Sequence[ControlMeasure]]]


def _rank() -> Any:
    return case(RANK, value=col(RiskPoint.level), else_=0)


def standing() -> ColumnElement[bool]:
    """The condition under which a risk point is in use."""
    return col(RiskPoint.retired_at).is_(None)


async def board(
    session: AsyncSession,
    actor: Actor,
    *,
    level: str = "",
    area_id: int | None = None,
    words: str = "",
    retired: bool = False,
) -> list[BoardLine]:
    """Risk points, the highest level first; ``level`` may be ``none`` for those that are not graded."""
    counted = (
        select(col(HazardSource.risk_point_id).label("of"), func.count().label("sources"))
        .where(visible(actor, HazardSource), col(HazardSource.dropped_at).is_(None))
        .group_by(col(HazardSource.risk_point_id))
        .subquery()
    )
    statement = (
        select(RiskPoint, Area, Equipment, Post, func.coalesce(counted.c.sources, 0))
        .outerjoin(Area, col(Area.id) == col(RiskPoint.area_id))
        .outerjoin(Equipment, col(Equipment.id) == col(RiskPoint.equipment_id))
        .outerjoin(Post, col(Post.id) == col(RiskPoint.post_id))
        .outerjoin(counted, counted.c.of == col(RiskPoint.id))
        .where(visible(actor, RiskPoint), standing() if not retired else ~standing())
        .order_by(_rank().desc(), col(RiskPoint.code))
        .limit(MOST)
    )
    if level:
        statement = statement.where(col(RiskPoint.level) == ("" if level == UNGRADED else level))
    if area_id is not None:
        statement = statement.where(col(RiskPoint.area_id) == area_id)
    if words.strip():
        statement = statement.where(_says(actor, words.strip()))
    return [BoardLine(*row) for row in await session.execute(statement)]


def _says(actor: Actor, words: str) -> ColumnElement[bool]:
    """Code or name of the point, or a source of it, has the words in it."""
    named = select(col(HazardSource.risk_point_id)).where(
        visible(actor, HazardSource),
        col(HazardSource.dropped_at).is_(None),
        or_(
            col(HazardSource.name).icontains(words, autoescape=True),
            col(HazardSource.name_en).icontains(words, autoescape=True),
        ),
    )
    own = (col(RiskPoint.code), col(RiskPoint.name), col(RiskPoint.name_en))
    return or_(*(one.icontains(words, autoescape=True) for one in own), col(RiskPoint.id).in_(named))


async def level_counts(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """How many risk points in use there are of each level; "" counts those that are not graded."""
    statement = (
        select(col(RiskPoint.level), func.count())
        .where(visible(actor, RiskPoint), standing())
        .group_by(col(RiskPoint.level))
    )
    return {level: n for level, n in await session.execute(statement)}


async def at_place(
    session: AsyncSession, actor: Actor, *, area_id: int | None = None, equipment_id: int | None = None
) -> list[PlaceRisk]:
    """What the people at an area or a piece of equipment must know; an area's includes its equipment's."""
    here: ColumnElement[bool] = col(RiskPoint.equipment_id) == equipment_id
    if area_id is not None:
        inside = select(col(Equipment.id)).where(visible(actor, Equipment), col(Equipment.area_id) == area_id)
        here = or_(col(RiskPoint.area_id) == area_id, col(RiskPoint.equipment_id).in_(inside))
    statement = (
        select(RiskPoint, HazardSource, ControlMeasure)
        .outerjoin(
            HazardSource,
            (col(HazardSource.risk_point_id) == col(RiskPoint.id)) & col(HazardSource.dropped_at).is_(None),
        )
        .outerjoin(
            ControlMeasure,
            (col(ControlMeasure.source_id) == col(HazardSource.id)) & col(ControlMeasure.dropped_at).is_(None),
        )
        .where(visible(actor, RiskPoint), standing(), here)
        .order_by(
            _rank().desc(),
            col(RiskPoint.code),
            col(HazardSource.position),
            col(HazardSource.id),
            col(ControlMeasure.position),
            col(ControlMeasure.id),
        )
        .limit(2000)
    )
    points: dict[int, RiskPoint] = {}
    sources: dict[int, dict[int, HazardSource]] = defaultdict(dict)
    measures: dict[int, list[ControlMeasure]] = defaultdict(list)
    for point, source, measure in await session.execute(statement):
        points[point.id] = point
        if source is not None:
            sources[point.id][source.id] = source
        if measure is not None:
            measures[source.id].append(measure)
    return [PlaceRisk(one, [(s, measures[s.id]) for s in sources[one.id].values()]) for one in points.values()]
