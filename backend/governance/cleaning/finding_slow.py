"""Finds what shows over days: points that drift, and sources whose values came late. Once a night. Worker role."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.governance.cleaning.drifting import Drift, drift
from backend.governance.cleaning.filing import Found, alarms_within, extend_case, file_case, place_of_point
from backend.governance.cleaning.models import CaseState, CleaningCase, PointDayLevel, Subject, Suspicion
from backend.governance.cleaning.stretching import Stretch
from backend.identity.permissions import system_query
from backend.operations.indicators.windows import begin
from backend.plant.models import Point, PointStatus
from backend.telemetry.models import Quality
from backend.telemetry.quality.measuring import hours

DAYS = 14
KEPT_DAYS = 60
LEAST_SAMPLES = 12
"""Of the 24 spot values of a day: with fewer nobody knows how it stood."""
LATE_SHARE = 0.1
LEAST_LATE = 50
"""A source's day is suspect when a tenth of its values, and so many, came from a buffer."""

_LEVELS = f"""
INSERT INTO point_day_level(site_id, point_id, day, level, samples)
SELECT :site, p.id, :day, percentile_cont(0.5) WITHIN GROUP (ORDER BY v.value), count(*)
FROM point p CROSS JOIN unnest(CAST(:hours AS timestamptz[])) AS h(at)
CROSS JOIN LATERAL (
    SELECT r.value FROM reading r
    WHERE r.site_id = :site AND r.point_id = p.id AND r.at >= h.at AND r.at < h.at + interval '1 hour'
        AND r.quality & {int(Quality.OUT_OF_RANGE | Quality.STUCK | Quality.CLOCK)} = 0
    ORDER BY r.at LIMIT 1
) v
WHERE p.site_id = :site AND p.status = 'active' AND NOT p.manipulated AND p.range_high > p.range_low
GROUP BY p.id HAVING count(*) >= {LEAST_SAMPLES} ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from our own pieces
_LATE_SOURCES = """
SELECT d.code, d.day, d.backfill, d.stored FROM source_day d
WHERE d.site_id = :site AND d.family = 'machine' AND d.day >= :first AND d.day < :today
    AND d.backfill >= :least AND d.backfill >= CAST(:share AS float8) * d.stored ORDER BY d.day, d.code
"""

Levels = Mapping[int, Sequence[tuple[int, float]]]


@system_query("the worker looks for suspect data at every site")
async def keep_levels(session: AsyncSession, site_id: int, zone: ZoneInfo, today: date) -> None:
    """Keep how each point with a range stood on each of the last days that isn't kept yet; forget old ones."""
    there = select(col(PointDayLevel.day)).where(col(PointDayLevel.site_id) == site_id).distinct()
    kept = set(await session.scalars(there))
    for day in (today - timedelta(days=back) for back in range(DAYS, 0, -1)):
        if day not in kept:
            spots = [begins for begins, _ in hours(day, zone)]
            await session.execute(text(_LEVELS), {"site": site_id, "day": day, "hours": spots})
    old = today - timedelta(days=KEPT_DAYS)
    await session.execute(
        delete(PointDayLevel).where(col(PointDayLevel.site_id) == site_id, col(PointDayLevel.day) < old)
    )


@system_query("the worker looks for suspect data at every site")
async def find_drifts(session: AsyncSession, site_id: int, zone: ZoneInfo, today: date) -> int:
    """Look at the last ``DAYS`` days of every point that has a range."""
    first = today - timedelta(days=DAYS)
    levels: dict[int, list[tuple[int, float]]] = defaultdict(list)
    kept = (
        select(PointDayLevel)
        .where(col(PointDayLevel.site_id) == site_id, col(PointDayLevel.day) >= first)
        .order_by(col(PointDayLevel.point_id), col(PointDayLevel.day))
    )
    for row in await session.scalars(kept):
        levels[row.point_id].append(((row.day - first).days, row.level))
    points = await session.scalars(
        select(Point).where(
            col(Point.site_id) == site_id, col(Point.id).in_(list(levels)), col(Point.status) == PointStatus.ACTIVE
        )
    )
    beside: dict[int | None, list[Point]] = defaultdict(list)
    for point in points:
        beside[point.equipment_id].append(point)
    filed = 0
    for equipment_id, mates in beside.items():
        for point in mates:
            drifts = _drift(point, mates if equipment_id else [point], levels)
            if drifts is not None:
                filed += await _file_drift(session, site_id, zone, first, point, levels[point.id], drifts)
    return filed


def _drift(point: Point, mates: Sequence[Point], levels: Levels) -> Drift | None:
    if point.range_low is None or point.range_high is None:
        return None
    others = [one for one in mates if one.id != point.id]
    same = [one for one in others if (one.unit, one.kind) == (point.unit, point.kind)]
    rest = [levels[one.id] for one in others if one not in same]
    width = point.range_high - point.range_low
    return drift(levels[point.id], width, [levels[one.id] for one in same], rest)


@system_query("the worker looks for suspect data at every site")
async def _file_drift(
    session: AsyncSession,
    site_id: int,
    zone: ZoneInfo,
    first: date,
    point: Point,
    own: Sequence[tuple[int, float]],
    drifts: Drift,
) -> bool:
    begins, ends = begin(first + timedelta(days=own[0][0]), zone), begin(first + timedelta(days=own[-1][0] + 1), zone)
    wanted = (
        select(CleaningCase)
        .where(
            col(CleaningCase.site_id) == site_id,
            col(CleaningCase.point_id) == point.id,
            col(CleaningCase.suspicion) == Suspicion.DRIFTED,
            col(CleaningCase.until) > begins,
        )
        .order_by(col(CleaningCase.id).desc())
        .limit(1)
    )
    case = await session.scalar(wanted)
    evidence = {
        "gone": drifts.gone,
        "share": drifts.share,
        "slope": drifts.trend.slope,
        "low": drifts.trend.low,
        "high": drifts.trend.high,
        "peers": drifts.peers,
    }
    stretch = [Stretch(case.since if case else begins, ends, len(own))]
    concerns = await alarms_within(session, site_id, point.id, stretch)
    values: dict[str, Any] = {"until": ends, "count": len(own), "concerns": concerns, "evidence": evidence}
    if case is not None:
        return case.state == CaseState.OPEN and await extend_case(session, case.id, **values)
    place = await place_of_point(session, site_id, point.id)
    key = f"drifted:{point.id}:{begins.isoformat()}"
    found = Found(Suspicion.DRIFTED, Subject.VALUES, key, since=begins, **values, place=place)
    return await file_case(session, site_id, found) is not None


@system_query("the worker looks for suspect data at every site")
async def find_late_sources(session: AsyncSession, site_id: int, zone: ZoneInfo, today: date) -> int:
    """Days of sources that are over, much of whose values came from a buffer."""
    values = {"site": site_id, "first": today - timedelta(days=8), "today": today}
    values |= {"least": LEAST_LATE, "share": LATE_SHARE}
    filed = 0
    for row in (await session.execute(text(_LATE_SOURCES), values)).mappings().all():
        found = Found(
            Suspicion.LATE,
            Subject.SOURCE,
            f"late:source:{row['code']}:{row['day']}",
            begin(row["day"], zone),
            begin(row["day"] + timedelta(days=1), zone),
            count=row["backfill"],
            evidence={"stored": row["stored"], "day": row["day"].isoformat()},
            place={"source": row["code"]},
        )
        filed += await file_case(session, site_id, found) is not None
    return filed
