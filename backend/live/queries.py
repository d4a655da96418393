"""SQL of the live plant: latest values, sparklines, series, open alarms and limits, on behalf of people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Integer, Select, Subquery, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, AlarmState, RuleKind
from backend.core.statements import among, one_of
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible
from backend.live.views import (
    LEVEL_ORDER,
    AreaRow,
    Board,
    EquipmentCard,
    LimitMark,
    LivePoint,
    OpenLevels,
    Series,
    key_values,
    spark_of,
    worst,
)
from backend.plant.models import Area, Equipment, Point, PointStatus
from backend.plant.queries import active_points, all_equipment
from backend.telemetry.models import PointState, Reading

SPARK = timedelta(hours=1)
SPARK_CELLS = 40
SERIES_CELLS = 360
EVERYTHING = 150
"""Up to so many points are all listed at once: more are hard to scroll and slow on a cheap phone."""
MOST_CARDS = 25
_TELLING = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED)
"""States that colour the plan; who shelved an alarm or took its rule out of service knows about it."""


async def cards(session: AsyncSession, actor: Actor, now: datetime) -> list[EquipmentCard]:
    """All equipment with its points as they are at ``now``; points of no equipment come last, under id 0."""
    points = await active_points(session, actor)
    levels = await open_levels(session, actor)
    live = await live_points(session, actor, points, levels, now)
    by_equipment = _by_equipment(live)
    found = [
        EquipmentCard(e.id, e.name, e.name_en, levels.equipment.get(e.id, ""), tuple(by_equipment.pop(e.id, ())))
        for e in await all_equipment(session, actor)
    ]
    rest = tuple(point for points in by_equipment.values() for point in points)
    return [*found, EquipmentCard(0, "", "", worst(p.level for p in rest), rest)] if rest else found


async def board(session: AsyncSession, actor: Actor, now: datetime, levels: OpenLevels, search: str = "") -> Board:
    """What 现场 shows. Of a plant of more than ``EVERYTHING`` points the list holds what ``search`` finds, without it
    what has open alarms, and leads to the rest by area; the plan shows one point of each equipment in any case."""
    if await _count(session, actor) <= EVERYTHING and not search:
        every = await cards(session, actor, now)
        return Board(tuple(every), key_values(every))
    units = await all_equipment(session, actor)
    listed = await _found(session, actor, search) if search else set(levels.equipment)
    gravity = {one.id: LEVEL_ORDER.get(levels.equipment.get(one.id, ""), 0) for one in units}
    ranked = sorted((one for one in units if one.id in listed), key=lambda one: -gravity[one.id])[:MOST_CARDS]
    points = await active_points(session, actor, of_equipment=[one.id for one in ranked])
    marks = await active_points(session, actor, first_of_each=True)
    live = await live_points(session, actor, points, levels, now)
    shown = [*live, *await live_points(session, actor, marks, levels, now, sparks=False)]
    by_equipment = _by_equipment(live)
    return Board(
        tuple(
            EquipmentCard(
                one.id, one.name, one.name_en, levels.equipment.get(one.id, ""), tuple(by_equipment.get(one.id, ()))
            )
            for one in ranked
        ),
        key_values([EquipmentCard(id_, "", "", "", tuple(some)) for id_, some in _by_equipment(shown).items()]),
        tuple(await _area_rows(session, actor, levels)),
        found=len(listed),
    )


def _by_equipment(points: Iterable[LivePoint]) -> dict[int, list[LivePoint]]:
    found: dict[int, list[LivePoint]] = defaultdict(list)
    for point in points:
        found[point.equipment_id or 0].append(point)
    return found


async def _count(session: AsyncSession, actor: Actor) -> int:
    counted = select(func.count()).where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE)
    return (await session.execute(counted)).scalar_one()


async def _found(session: AsyncSession, actor: Actor, search: str) -> set[int]:
    """Equipment in use whose names or codes, or those of its points, hold ``search``."""
    own = (Equipment.code, Equipment.name, Equipment.name_en)
    named = select(col(Equipment.id)).where(
        visible(actor, Equipment),
        col(Equipment.retired_at).is_(None),
        or_(*(col(column).icontains(search, autoescape=True) for column in own)),
    )
    of_points = (Point.code, Point.name, Point.name_en)
    measured = select(col(Point.equipment_id)).where(
        visible(actor, Point),
        col(Point.status) == PointStatus.ACTIVE,
        or_(*(col(column).icontains(search, autoescape=True) for column in of_points)),
    )
    ids = await session.scalars(named.union(measured))
    return {id_ for id_ in ids if id_ is not None}


async def _area_rows(session: AsyncSession, actor: Actor, levels: OpenLevels) -> list[AreaRow]:
    """Areas in use in the order of the plant, each with how much equipment stands there."""
    standing = func.count(col(Equipment.id)).filter(col(Equipment.retired_at).is_(None))
    rows = await session.execute(
        select(col(Area.id), col(Area.name), col(Area.name_en), standing)
        .outerjoin(Equipment, col(Equipment.area_id) == col(Area.id))
        .where(visible(actor, Area), col(Area.retired_at).is_(None))
        .group_by(col(Area.id))
        .order_by(col(Area.position), col(Area.id))
    )
    return [AreaRow(id_, name, name_en, levels.areas.get(id_, ""), n) for id_, name, name_en, n in rows]


async def live_points(
    session: AsyncSession,
    actor: Actor,
    points: Sequence[Point],
    levels: OpenLevels,
    now: datetime,
    *,
    sparks: bool = True,
) -> list[LivePoint]:
    """``points`` with latest value and open alarms; with ``sparks`` with sparkline and limits too."""
    ids = [point.id for point in points]
    states = await _states(session, actor, ids)
    cells = await _cells(session, actor, ids, now) if sparks else {}
    limits = await limit_marks(session, actor, ids) if sparks else {}
    return [
        LivePoint(
            point.id,
            point.code,
            point.name,
            point.name_en,
            point.unit,
            point.decimals,
            point.kind,
            point.manipulated,
            point.equipment_id,
            point.range_low,
            point.range_high,
            point.expected_interval_s,
            at=state.at if (state := states.get(point.id)) else None,
            value=state.value if state else None,
            quality=state.quality if state else 0,
            level=levels.points.get(point.id, ""),
            limits=tuple(limits.get(point.id, ())),
            spark=spark_of(cells.get(point.id, ()), SPARK_CELLS),
            now=now,
        )
        for point in points
    ]


async def open_levels(session: AsyncSession, actor: Actor) -> OpenLevels:
    """Worst level of what is open, by area, equipment and point."""
    rows = await session.execute(
        select(col(Alarm.area_id), col(Alarm.equipment_id), col(Alarm.point_id), col(Alarm.level))
        .where(visible(actor, Alarm), one_of(col(Alarm.state), _TELLING))
        .distinct()
    )
    areas: dict[int, list[str]] = defaultdict(list)
    equipment: dict[int, list[str]] = defaultdict(list)
    points: dict[int, list[str]] = defaultdict(list)
    for area_id, equipment_id, point_id, level in rows:
        for found, id_ in ((areas, area_id), (equipment, equipment_id), (points, point_id)):
            if id_ is not None:
                found[id_].append(level)
    return OpenLevels(*({id_: worst(levels) for id_, levels in found.items()} for found in (areas, equipment, points)))


async def limit_marks(session: AsyncSession, actor: Actor, point_ids: Sequence[int]) -> dict[int, list[LimitMark]]:
    """Limits of the threshold rules in force, by point, the lowest first."""
    if not point_ids:
        return {}
    found = await session.execute(_limits().where(visible(actor, AlarmRule), *_in_force(point_ids)))
    return _marks(found)


@system_query("the worker foretells when the points of every site reach their limits")
async def limit_marks_of_site(
    session: AsyncSession, site_id: int, point_ids: Sequence[int]
) -> dict[int, list[LimitMark]]:
    """As ``limit_marks``, on nobody's behalf."""
    return _marks(await session.execute(_limits().where(col(AlarmRule.site_id) == site_id, *_in_force(point_ids))))


def _limits() -> Select[Any]:
    told = (AlarmRule.point_id, AlarmRule.level, AlarmRule.parameters, AlarmRule.warning)
    return select(*(col(column) for column in told))


def _in_force(point_ids: Sequence[int]) -> tuple[ColumnExpressionArgument[bool], ...]:
    """Threshold rules on these points that are switched on."""
    return (
        among(col(AlarmRule.point_id), point_ids),
        col(AlarmRule.kind) == RuleKind.THRESHOLD,
        col(AlarmRule.enabled),
    )


def _marks(rules: Iterable[Any]) -> dict[int, list[LimitMark]]:
    found: dict[int, list[LimitMark]] = defaultdict(list)
    for rule in rules:
        for name, limit in rule.parameters.get("limits", {}).items():
            level = limit.get("level") or rule.level
            found[rule.point_id or 0].append(LimitMark(name, float(limit["value"]), level, rule.warning))
    return {id_: sorted(marks, key=lambda mark: mark.value) for id_, marks in found.items()}


async def rules_of_point(session: AsyncSession, actor: Actor, point_id: int) -> list[AlarmRule]:
    """The rules that watch this point."""
    rows = await session.execute(
        select(AlarmRule)
        .where(visible(actor, AlarmRule), col(AlarmRule.point_id) == point_id)
        .order_by(col(AlarmRule.id))
    )
    return list(rows.scalars())


async def series(session: AsyncSession, actor: Actor, point_id: int, since: datetime, until: datetime) -> Series:
    """Readings from ``since`` to ``until`` in at most ``SERIES_CELLS`` cells."""
    cell_s = max((until - since).total_seconds() / SERIES_CELLS, 0.001)
    cells = _in_cells(actor, [point_id], since, until, cell_s)
    rows = await session.execute(
        select(func.max(cells.c.at), func.avg(cells.c.value), func.min(cells.c.value), func.max(cells.c.value))
        .group_by(cells.c.cell)
        .order_by(cells.c.cell)
    )
    at: list[datetime] = []
    mean: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for moment, average, least, greatest in rows:
        at.append(moment)
        mean.append(float(average))
        low.append(float(least))
        high.append(float(greatest))
    return Series(at, mean, low, high, cell_s)


@system_query("the hub tells every site's phones")
async def values_since(session: AsyncSession, site_id: int, since: datetime) -> dict[int, tuple[int, float, int]]:
    """Points of a site with values received after ``since``: (epoch milliseconds, value, quality flags) by id."""
    rows = await session.execute(
        select(col(PointState.point_id), col(PointState.at), col(PointState.value), col(PointState.quality)).where(
            col(PointState.site_id) == site_id, col(PointState.received_at) > since
        )
    )
    return {point: (int(at.timestamp() * 1000), value, quality) for point, at, value, quality in rows}


async def _states(session: AsyncSession, actor: Actor, point_ids: Sequence[int]) -> dict[int, PointState]:
    rows = await session.execute(
        select(PointState).where(visible(actor, PointState), col(PointState.point_id).in_(point_ids))
    )
    return {state.point_id: state for state in rows.scalars()}


async def _cells(
    session: AsyncSession, actor: Actor, point_ids: Sequence[int], now: datetime
) -> dict[int, list[tuple[int, float]]]:
    """Means of the last hour in ``SPARK_CELLS`` cells, by point."""
    cells = _in_cells(actor, point_ids, now - SPARK, now, SPARK.total_seconds() / SPARK_CELLS)
    rows = await session.execute(
        select(cells.c.point_id, cells.c.cell, func.avg(cells.c.value))
        .group_by(cells.c.point_id, cells.c.cell)
        .order_by(cells.c.point_id, cells.c.cell)
    )
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for point_id, number, mean in rows:
        found[point_id].append((number, float(mean)))
    return found


def _in_cells(actor: Actor, point_ids: Sequence[int], since: datetime, until: datetime, cell_s: float) -> Subquery:
    """Readings from ``since`` to before ``until``, each with the number of the cell it falls into."""
    number = cast(func.floor(func.extract("epoch", col(Reading.at) - since) / cell_s), Integer)
    return (
        select(col(Reading.point_id), col(Reading.at), col(Reading.value), number.label("cell"))
        .where(
            visible(actor, Reading),
            col(Reading.point_id).in_(point_ids),
            col(Reading.at) >= since,
            col(Reading.at) < until,
        )
        .subquery()
    )
