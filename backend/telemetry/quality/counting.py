# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""Hours of points, counted from their readings: once when the hour is over, again when something of it changed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.telemetry.canary import CANARY_SOURCE
from backend.telemetry.models import Quality
from backend.telemetry.quality.measuring import HOUR, LATENESS_S, hours_between

Hour = tuple[date, datetime, datetime]
"""The site's day, begin and end."""

_WITHIN = ", ".join(
    f"count(*) FILTER (WHERE v.quality & {int(Quality.CLOCK)} = 0 AND v.received_at - v.at <= interval '{s} seconds')"
    for s in LATENESS_S
)
_WRONG = int(Quality.OUT_OF_RANGE | Quality.STUCK)
_COUNTS = "stored, clock, out_of_range, stuck, backfill, excluded, invalid, within"
_COUNT = f"""
INSERT INTO point_hour(site_id, point_id, begins_at, day, seconds, source, every_s, {_COUNTS})
SELECT :site, h.point_id, h.begins, h.day, extract(epoch FROM h.ends - h.begins)::int, h.source, h.every_s, c.*
FROM ({{hours}}) h
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM value_verdict d WHERE d.site_id = :site AND d.point_id = h.point_id
        AND d.since < h.ends AND d.until > h.begins) AS any
) judged
CROSS JOIN LATERAL (
    SELECT count(*), {
    ", ".join(
        f"count(*) FILTER (WHERE v.quality & {int(flag)} <> 0)"
        for flag in (Quality.CLOCK, Quality.OUT_OF_RANGE, Quality.STUCK, Quality.BACKFILL)
    )
},
        count(*) FILTER (WHERE v.genuine = false),
        count(*) FILTER (WHERE NOT COALESCE(v.genuine, v.quality & {_WRONG} = 0)),
        ARRAY[{_WITHIN}]::int[]
    FROM (
        SELECT r.quality, r.at, r.received_at, CASE WHEN judged.any THEN (
            SELECT d.genuine FROM value_verdict d WHERE d.site_id = :site AND d.point_id = h.point_id
            AND d.since <= r.at AND d.until > r.at ORDER BY d.id DESC LIMIT 1) END AS genuine
        FROM reading r
        WHERE r.site_id = :site AND r.point_id = h.point_id AND r.at >= h.begins AND r.at < h.ends
    ) v
) c
ON CONFLICT (site_id, point_id, begins_at) DO UPDATE SET {
    ", ".join(f"{name} = EXCLUDED.{name}" for name in _COUNTS.split(", "))
}
"""
_LISTED = """
unnest(CAST(:days AS date[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) AS t(day, begins, ends)
"""
_SENDING = """
p.site_id = :site AND p.status IN ('active', 'pending') AND p.created_at < t.ends
    AND s.site_id = :site AND s.code = p.source AND s.code <> :canary AND s.first_seen_at < t.ends
"""
_NEW = f"""
SELECT p.id AS point_id, p.source, p.expected_interval_s AS every_s, t.* FROM {_LISTED}
JOIN point p ON p.site_id = :site JOIN source s ON s.site_id = :site WHERE {_SENDING}
"""
_AGAIN = f"""
SELECT t.point_id, COALESCE(k.source, p.source) AS source,
    CASE WHEN k.point_id IS NULL THEN p.expected_interval_s ELSE k.every_s END AS every_s, t.day, t.begins, t.ends
FROM (SELECT * FROM unnest(CAST(:points AS bigint[]), CAST(:days AS date[]), CAST(:begins AS timestamptz[]),
    CAST(:ends AS timestamptz[])) AS u(point_id, day, begins, ends)) t
JOIN point p ON p.id = t.point_id AND p.site_id = :site
LEFT JOIN source s ON s.site_id = :site AND s.code = p.source
LEFT JOIN point_hour k ON k.site_id = :site AND k.point_id = t.point_id AND k.begins_at = t.begins
WHERE k.point_id IS NOT NULL OR ({_SENDING})
"""
_TAKE = "DELETE FROM point_hour_again WHERE site_id = :site AND hour < :until RETURNING point_id, hour"


@system_query("the worker counts the data of every site")
async def count_hours(session: AsyncSession, site_id: int, hours: Sequence[Hour]) -> None:
    """Count ``hours`` of every point that sends, also those of which nothing came."""
    if hours:
        days, begins, ends = (list(column) for column in zip(*hours, strict=True))
        values = {"site": site_id, "canary": CANARY_SOURCE, "days": days, "begins": begins, "ends": ends}
        await session.execute(text(_COUNT.format(hours=_NEW)), values)


@system_query("the worker counts the data of every site")
async def count_again(
    session: AsyncSession, site_id: int, zone: ZoneInfo, since: datetime, until: datetime
) -> set[date]:
    """Count what was marked and lies in the counted time from ``since`` to ``until``; gives the days concerned."""
    taken = await session.execute(text(_TAKE), {"site": site_id, "until": until})
    wanted: set[tuple[int, Hour]] = set()
    for point_id, hour in taken:
        near = hours_between(max(since, hour - HOUR), min(until, hour + 2 * HOUR), zone)
        wanted.update((point_id, one) for one in near if one[1] < hour + HOUR and one[2] > hour)
    await _count_these(session, site_id, wanted)
    return {day for _, (day, _, _) in wanted}


@system_query("the worker counts the data of every site")
async def count_all_again(
    session: AsyncSession, site_id: int, zone: ZoneInfo, since: datetime, until: datetime
) -> set[date]:
    """Count every counted hour that began at or after ``since`` anew, from the readings alone."""
    found = await session.execute(
        text("SELECT point_id, begins_at FROM point_hour WHERE site_id = :site AND begins_at >= :since"),
        {"site": site_id, "since": since},
    )
    known = {begins: (day, begins, ends) for day, begins, ends in hours_between(since, until, zone)}
    wanted = {(point_id, known[begins]) for point_id, begins in found if begins in known}
    await _count_these(session, site_id, wanted)
    return {day for day, _, _ in known.values()}


@system_query("the worker counts the data of every site")
async def _count_these(session: AsyncSession, site_id: int, wanted: Collection[tuple[int, Hour]]) -> None:
    if wanted:
        ordered = sorted(wanted)
        values = {
            "site": site_id,
            "canary": CANARY_SOURCE,
            "points": [point_id for point_id, _ in ordered],
            "days": [day for _, (day, _, _) in ordered],
            "begins": [begins for _, (_, begins, _) in ordered],
            "ends": [ends for _, (_, _, ends) in ordered],
        }
        await session.execute(text(_COUNT.format(hours=_AGAIN)), values)


def marks_between(since: datetime, until: datetime) -> list[datetime]:
    """The UTC hours that a period touches."""
    first = since.replace(minute=0, second=0, microsecond=0)
    n = max(1, -((first - until) // timedelta(hours=1)))
    return [first + step * HOUR for step in range(n)]
