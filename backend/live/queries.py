"""SQL of the live plant: latest values, sparklines, series, open alarms and limits, on behalf of people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnExpressionArgument, Integer, Subquery, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, AlarmState, RuleKind
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible
from backend.live.views import EquipmentCard, LimitMark, LivePoint, OpenLevels, Series, spark_of, worst
from backend.plant.models import Point
from backend.plant.queries import active_points, all_equipment
from backend.telemetry.models import PointState, Reading

SPARK = timedelta(hours=1)
SPARK_CELLS = 40
SERIES_CELLS = 360
_TELLING = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED)
"""States that colour the plan; who shelved an alarm or took its rule out of service knows about it."""


async def cards(session: AsyncSession, actor: Actor, now: datetime) -> list[EquipmentCard]:
    """All equipment with its points as they are at ``now``; points of no equipment come last, under id 0."""
    points = await active_points(session, actor)
    levels = await open_levels(session, actor)
    live = await live_points(session, actor, points, levels, now)
    by_equipment: dict[int, list[LivePoint]] = defaultdict(list)
    for point in live:
        by_equipment[point.equipment_id or 0].append(point)
    found = [
        EquipmentCard(e.id, e.name, e.name_en, levels.equipment.get(e.id, ""), tuple(by_equipment.pop(e.id, ())))
        for e in await all_equipment(session, actor)
    ]
    rest = tuple(point for points in by_equipment.values() for point in points)
    return [*found, EquipmentCard(0, "", "", worst(p.level for p in rest), rest)] if rest else found


async def live_points(
    session: AsyncSession, actor: Actor, points: Sequence[Point], levels: OpenLevels, now: datetime
) -> list[LivePoint]:
    """``points`` with latest value, sparkline, limits and open alarms."""
    ids = [point.id for point in points]
    states = await _states(session, actor, ids)
    cells = await _cells(session, actor, ids, now)
    limits = await limit_marks(session, actor, ids)
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
        .where(visible(actor, Alarm), col(Alarm.state).in_(_TELLING))
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
    rules = await session.scalars(select(AlarmRule).where(visible(actor, AlarmRule), *_in_force(point_ids)))
    return _marks(rules)


@system_query("the worker foretells when the points of every site reach their limits")
async def limit_marks_of_site(
    session: AsyncSession, site_id: int, point_ids: Sequence[int]
) -> dict[int, list[LimitMark]]:
    """As ``limit_marks``, on nobody's behalf."""
    rules = await session.scalars(select(AlarmRule).where(col(AlarmRule.site_id) == site_id, *_in_force(point_ids)))
    return _marks(rules)


def _in_force(point_ids: Sequence[int]) -> tuple[ColumnExpressionArgument[bool], ...]:
    """Threshold rules on these points that are switched on."""
    return (
        col(AlarmRule.point_id).in_(point_ids),
        col(AlarmRule.kind) == RuleKind.THRESHOLD,
        col(AlarmRule.enabled),
    )


def _marks(rules: Iterable[AlarmRule]) -> dict[int, list[LimitMark]]:
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
