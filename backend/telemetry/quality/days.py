"""Days of machine sources, put together from their hours and accounts by the norm that was in force."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.permissions import system_query
from backend.telemetry.quality.measuring import (
    LATENESS_S,
    USUAL,
    USUAL_OF_PEOPLE,
    Norm,
    factors_of,
    hours,
    score,
)
from backend.telemetry.quality.models import Family, SourceDay, SourceNorm

_SUMS = """
WITH norm AS (
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:days AS date[]), CAST(:begins AS timestamptz[]),
        CAST(:ends AS timestamptz[]), CAST(:intervals AS float8[]), CAST(:places AS int[]),
        CAST(:wanted AS float8[]), CAST(:quiet AS bool[]))
        AS n(code, day, begins, ends, interval_s, place, wanted, quiet)
), of_point AS (
    SELECT n.code, n.day, h.point_id, n.wanted, sum(h.stored) AS stored, sum(h.within[n.place]) AS on_time,
        sum(h.clock) AS clock, sum(h.out_of_range) AS out_of_range, sum(h.stuck) AS stuck, sum(h.backfill) AS backfill,
        sum(h.excluded) AS excluded, sum(h.invalid) AS invalid,
        floor(COALESCE(sum(h.seconds / e.every_s) FILTER (WHERE e.every_s > 0 AND NOT n.quiet), 0) + 1e-9) AS due,
        COALESCE(sum(LEAST(h.stored, floor(h.seconds / e.every_s + 1e-9) + 1))
            FILTER (WHERE e.every_s > 0 AND NOT n.quiet), 0) AS came
    FROM norm n JOIN point_hour h ON h.site_id = :site AND h.day = n.day AND h.source = n.code
    CROSS JOIN LATERAL (SELECT NULLIF(COALESCE(n.interval_s, h.every_s), 0) AS every_s) e
    GROUP BY n.code, n.day, n.wanted, h.point_id
), of_source AS (
    SELECT code, day, sum(due)::bigint AS expected, sum(LEAST(came, due))::bigint AS got,
        sum(stored)::bigint AS stored, sum(on_time)::bigint AS on_time, sum(invalid)::bigint AS invalid,
        sum(clock)::bigint AS clock, sum(out_of_range)::bigint AS out_of_range, sum(stuck)::bigint AS stuck,
        sum(backfill)::bigint AS backfill, sum(excluded)::bigint AS excluded, count(*)::int AS points,
        (count(*) FILTER (WHERE LEAST(came, due) < due * wanted))::int AS points_short,
        COALESCE(max(due - LEAST(came, due)), 0)::bigint AS worst_lost,
        (array_agg(point_id ORDER BY due - LEAST(came, due) DESC, point_id) FILTER (WHERE came < due))[1]
            AS worst_point_id
    FROM of_point GROUP BY code, day
)
SELECT n.code, n.day, COALESCE(o.expected, 0) AS expected, COALESCE(o.got, 0) AS got, COALESCE(o.stored, 0) AS stored,
    COALESCE(o.on_time, 0) AS on_time, COALESCE(o.stored, 0) + t.rejected AS checked,
    COALESCE(o.stored - o.invalid, 0) AS valid, t.received, t.received - t.duplicate AS single,
    COALESCE(o.clock, 0) AS clock, COALESCE(o.out_of_range, 0) AS out_of_range, COALESCE(o.stuck, 0) AS stuck,
    COALESCE(o.backfill, 0) AS backfill, COALESCE(o.excluded, 0) AS excluded, t.rejected,
    COALESCE(o.points, 0) AS points, COALESCE(o.points_short, 0) AS points_short, o.worst_point_id,
    COALESCE(o.worst_lost, 0) AS worst_lost, COALESCE(r.at, gap.begins) AS silent_from,
    COALESCE(gap.hours, 0)::int AS silent_hours
FROM norm n LEFT JOIN of_source o ON o.code = n.code AND o.day = n.day
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(received), 0)::bigint AS received, COALESCE(sum(duplicate), 0)::bigint AS duplicate,
        COALESCE(sum(rejected), 0)::bigint AS rejected
    FROM source_tally t WHERE t.site_id = :site AND t.source = n.code AND t.at >= n.begins AND t.at < n.ends
) t
LEFT JOIN LATERAL (
    SELECT min(begins_at) AS begins, count(*) AS hours FROM (
        SELECT h.begins_at, h.begins_at - row_number() OVER (ORDER BY h.begins_at) * interval '1 hour' AS run
        FROM point_hour h WHERE h.site_id = :site AND h.point_id = o.worst_point_id AND h.day = n.day AND h.stored = 0
    ) silent GROUP BY run ORDER BY 2 DESC, 1 LIMIT 1
) gap ON true
LEFT JOIN LATERAL (
    SELECT max(r.at) AS at FROM reading r WHERE r.site_id = :site AND r.point_id = o.worst_point_id
    AND r.at < gap.begins AND r.at >= gap.begins - interval '1 hour'
) r ON true
"""
_CODES = """
SELECT DISTINCT day, source FROM point_hour WHERE site_id = :site AND day = ANY(:days)
UNION
SELECT d.day, t.source FROM unnest(CAST(:days AS date[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS d(day, begins, ends)
JOIN source_tally t ON t.site_id = :site AND t.at >= d.begins AND t.at < d.ends
JOIN source s ON s.site_id = :site AND s.code = t.source AND s.code <> :canary
"""


@dataclass(frozen=True)
class Judged:
    """A source's day to be put together: by which norm, and up to when."""

    code: str
    day: date
    begins: datetime
    until: datetime
    norm: Norm


Norms = Mapping[str, Sequence[SourceNorm]]
"""Of each source all versions, the newest first."""


def in_force(norms: Norms, family: str, code: str, day: date) -> Norm:
    """The norm of a source on ``day``: the newest version that began by then, or the usual one."""
    usual = USUAL if family == Family.MACHINE else USUAL_OF_PEOPLE
    return next((norm_of(one) for one in norms.get(code, ()) if one.since <= day), usual)


def norm_of(row: SourceNorm) -> Norm:
    """A version as the score takes it."""
    return Norm(
        row.version,
        row.interval_s,
        row.lateness_s,
        row.complete_wanted,
        row.target,
        tuple(row.quiet_weekdays),
        tuple(row.quiet_days),
    )


def place_of(lateness_s: int) -> int:
    """Which of an hour's counts answers for ``lateness_s`` (from 1): the greatest step not beyond it."""
    return max(1, sum(step <= lateness_s for step in LATENESS_S))


async def sums(session: AsyncSession, site_id: int, wanted: Sequence[Judged]) -> list[dict[str, Any]]:
    """What each of ``wanted`` counts. Of one site; who asks has checked whose."""
    if not wanted:
        return []
    return await _sums(session, site_id, wanted)


@system_query("days are put together by the worker; pages ask for a source that they have looked up")
async def _sums(session: AsyncSession, site_id: int, wanted: Sequence[Judged]) -> list[dict[str, Any]]:
    found = await session.execute(
        text(_SUMS),
        {
            "site": site_id,
            "codes": [one.code for one in wanted],
            "days": [one.day for one in wanted],
            "begins": [one.begins for one in wanted],
            "ends": [one.until for one in wanted],
            "intervals": [one.norm.interval_s for one in wanted],
            "places": [place_of(one.norm.lateness_s) for one in wanted],
            "wanted": [one.norm.complete_wanted for one in wanted],
            "quiet": [one.norm.quiet(one.day) for one in wanted],
        },
    )
    return [dict(row) for row in found.mappings()]


@system_query("the worker judges the sources of every site")
async def norms_of(session: AsyncSession, site_id: int, family: str) -> Norms:
    """Every version of every norm of the family."""
    found: dict[str, list[SourceNorm]] = {}
    for row in await session.scalars(
        select(SourceNorm)
        .where(col(SourceNorm.site_id) == site_id, col(SourceNorm.family) == family)
        .order_by(col(SourceNorm.version).desc())
    ):
        found.setdefault(row.code, []).append(row)
    return found


@system_query("the worker judges the sources of every site")
async def judge_days(
    session: AsyncSession, site_id: int, zone: ZoneInfo, days: Collection[date], until: datetime, canary: str
) -> int:
    """Put ``days`` of every source together anew, up to ``until``; gives how many source-days."""
    spans = {day: list(hours(day, zone)) for day in sorted(days)}
    spans = {day: span for day, span in spans.items() if span[0][0] < until}
    if not spans:
        return 0
    begins = {day: span[0][0] for day, span in spans.items()}
    ends = {day: min(span[-1][1], until) for day, span in spans.items()}
    found = await session.execute(
        text(_CODES),
        {
            "site": site_id,
            "days": list(spans),
            "begins": list(begins.values()),
            "ends": list(ends.values()),
            "canary": canary,
        },
    )
    norms = await norms_of(session, site_id, Family.MACHINE)
    wanted = [
        Judged(code, day, begins[day], ends[day], in_force(norms, Family.MACHINE, code, day))
        for day, code in sorted((row[0], row[1]) for row in found)
    ]
    by_key = {(one.code, one.day): one for one in wanted}
    rows = [
        day_row(site_id, Family.MACHINE, by_key[row["code"], row["day"]], row)
        for row in await sums(session, site_id, wanted)
    ]
    await keep_days(session, rows)
    return len(rows)


def day_row(site_id: int, family: str, judged: Judged, counted: Mapping[str, Any]) -> dict[str, Any]:
    """A row of ``source_day``."""
    return {
        **counted,
        "site_id": site_id,
        "family": str(family),
        "until": judged.until,
        "norm_version": judged.norm.version,
        "target": judged.norm.target,
        "score": score(factors_of(counted)),
    }


@system_query("the worker judges the sources of every site")
async def keep_days(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write these days of sources over what was there; that somebody was told stays."""
    if not rows:
        return
    put = insert(SourceDay)
    key = ("site_id", "family", "code", "day")
    changed = {name: put.excluded[name] for name in rows[0] if name not in key}
    await session.execute(put.on_conflict_do_update(index_elements=list(key), set_=changed), list(rows))


def by_another(judged: Judged, norm: Norm) -> Judged:
    """The same day by another norm: what a preview shows."""
    return replace(judged, norm=norm)
