"""Reads what the plant was doing in the minutes before an incident, from which its phase is guessed.

System role: what is read follows from the place, not from who reports.
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.incidents.models import Incident
from backend.incidents.phase import Course, Guess, guess_phase

BEFORE = timedelta(minutes=15)
MOST_POINTS = 40
_HOURS_BACK = (1, 2, 4, 8, 16, 32, 64, 128)
"""Hours before, at which a point is looked at to know what is usual: days of readings would be too many to read while
something breaks out, and eight looks see the plant run though it stood at some of them."""

_COURSES = """
WITH near AS (
    SELECT p.id, p.unit, GREATEST(abs(p.range_low), abs(p.range_high)) AS range,
        row_number() OVER (ORDER BY (p.equipment_id = CAST(:equipment AS bigint)) DESC NULLS LAST,
            (COALESCE(p.area_id, e.area_id) = CAST(:area AS bigint)) DESC NULLS LAST, p.position, p.id) AS place
    FROM point p LEFT JOIN equipment e ON e.id = p.equipment_id
    WHERE p.site_id = :site AND p.status = 'active' AND NOT p.manipulated AND p.kind IN ('equipment', 'operation')
        AND left(p.code, 1) <> '_'
), chosen AS (SELECT * FROM near WHERE place <= :most)
SELECT c.unit, c.range, t.first, t.middle, t.last, (
    SELECT percentile_cont(0.8) WITHIN GROUP (ORDER BY abs(past.value))
    FROM unnest(CAST(:hours AS int[])) AS h(back), LATERAL (SELECT r.value FROM reading r
        WHERE r.site_id = :site AND r.point_id = c.id
            AND r.at <= CAST(:until AS timestamptz) - make_interval(hours => h.back)
            AND r.at > CAST(:until AS timestamptz) - make_interval(hours => h.back, mins => 10)
        ORDER BY r.at DESC LIMIT 1) AS past) AS usual
FROM chosen c, LATERAL (
    SELECT avg(r.value) FILTER (WHERE r.at < :first) AS first,
        avg(r.value) FILTER (WHERE r.at >= :first AND r.at < :second) AS middle,
        avg(r.value) FILTER (WHERE r.at >= :second) AS last
    FROM reading r WHERE r.site_id = :site AND r.point_id = c.id AND r.at >= :since AND r.at < :until) AS t
WHERE t.first IS NOT NULL AND t.middle IS NOT NULL AND t.last IS NOT NULL ORDER BY c.place
"""
_WORK = """
SELECT words FROM (
    SELECT number AS words, 0 AS rank FROM rectification WHERE site_id = :site AND equipment_id = :equipment
        AND state = 'in_progress'
    UNION ALL SELECT summary, 1 FROM maintenance_record WHERE site_id = :site AND equipment_id = :equipment
        AND done_on =
            CAST(CAST(:until AS timestamptz) AT TIME ZONE (SELECT time_zone FROM site WHERE id = :site) AS date)
) AS work ORDER BY rank, words LIMIT 1
"""


@system_query("what the plant was doing follows from the place; the worker opens incidents of every site")
async def phase_before(session: AsyncSession, incident: Incident) -> Guess:
    """What the plant was doing in the minutes before the first sign of ``incident``."""
    place = {"site": incident.site_id, "equipment": incident.equipment_id, "area": incident.area_id}
    work = await session.scalar(text(_WORK), {**place, "until": incident.began_at})
    return guess_phase([] if work else await _courses(session, place, incident.began_at), work or "")


@system_query("what the plant was doing follows from the place; the worker opens incidents of every site")
async def _courses(session: AsyncSession, place: dict[str, int | None], until: datetime) -> list[Course]:
    since = until - BEFORE
    asked = {**place, "since": since, "first": since + BEFORE / 3, "second": since + BEFORE * 2 / 3, "until": until}
    rows = await session.execute(text(_COURSES), {**asked, "most": MOST_POINTS, "hours": list(_HOURS_BACK)})
    return [
        Course(row.unit, (row.first, row.middle, row.last), row.usual if row.usual is not None else row.range)
        for row in rows
    ]
