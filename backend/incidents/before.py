"""The minutes before an incident: which points are near, and how they were; kept with it, since readings aren't for
ever.

System role: what is attached follows from the place, not from who reports.
"""

import enum
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.incidents.models import Incident, IncidentTrend

BEFORE = timedelta(minutes=15)
"""Before its first sign; and so long after what opened it, where that was reported later."""
MOST_POINTS = 12
"""More charts nobody looks through while something is on fire."""
CELLS = 60
LONGEST = timedelta(hours=2)
"""A flood of alarms that went on for hours before is looked at for so long only."""


class Nearness(enum.StrEnum):
    """What a point has to do with the place: it gave the sign, it is there, or it is one link away."""

    SIGN = "sign"
    HERE = "here"
    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


_NEAR = """
WITH here AS (
    SELECT id FROM equipment WHERE site_id = :site AND (id = CAST(:equipment AS bigint)
        OR (CAST(:equipment AS bigint) IS NULL AND area_id = CAST(:area AS bigint)))
), around AS (
    SELECT l.source_equipment_id AS id, 2 AS rank FROM link l JOIN here ON l.target_equipment_id = here.id
        WHERE l.site_id = :site AND l.source_equipment_id IS NOT NULL
    UNION ALL
    SELECT l.target_equipment_id, 3 FROM link l JOIN here ON l.source_equipment_id = here.id
        WHERE l.site_id = :site AND l.target_equipment_id IS NOT NULL
), near AS (
    SELECT p.id, CASE WHEN p.id = CAST(:point AS bigint) THEN 0
        WHEN p.equipment_id IN (SELECT id FROM here) THEN 1
        WHEN p.equipment_id IS NULL AND p.area_id = CAST(:area AS bigint) THEN 1
        ELSE (SELECT min(rank) FROM around WHERE around.id = p.equipment_id) END AS rank, p.position, p.manipulated
    FROM point p WHERE p.site_id = :site AND p.status = 'active' AND left(p.code, 1) <> '_'
)
SELECT id, rank FROM near WHERE rank IS NOT NULL ORDER BY rank, manipulated, position, id LIMIT :most
"""
_CELLS = """
SELECT point_id, extract(epoch FROM max(at)) AS at, avg(value) AS mean, min(value) AS low, max(value) AS high
FROM reading WHERE site_id = :site AND point_id = ANY(CAST(:points AS bigint[])) AND at >= :since AND at < :until
GROUP BY point_id, floor(extract(epoch FROM at - :since) / :cell_s)
ORDER BY point_id, 2
"""
_NEARNESS = (Nearness.SIGN, Nearness.HERE, Nearness.UPSTREAM, Nearness.DOWNSTREAM)


@system_query("what is attached follows from the place; the worker opens incidents of every site")
async def attach_minutes_before(
    session: AsyncSession, incident: Incident, broke_out: datetime, point_id: int | None = None
) -> int:
    """Keep with ``incident`` how the points near it were from ``BEFORE`` its first sign until it was opened, which is
    soon after it ``broke_out`` (UTC) unless a phone had no network.

    ``point_id`` gave the sign; then come the points of the place, and those of equipment one link up- and downstream.
    Points without readings in that time are left out. Gives how many are kept.
    """
    since = max(incident.began_at, broke_out - LONGEST) - BEFORE
    until = min(incident.opened_at, broke_out + BEFORE)
    place = {"site": incident.site_id, "equipment": incident.equipment_id, "area": incident.area_id, "point": point_id}
    near = (await session.execute(text(_NEAR), {**place, "most": MOST_POINTS})).all()
    cell_s = (until - since).total_seconds() / CELLS
    read = await _read(session, incident.site_id, [row.id for row in near], since, until, cell_s)
    kept = [row for row in near if row.id in read]
    session.add_all(
        IncidentTrend(
            site_id=incident.site_id,
            incident_id=incident.id,
            point_id=row.id,
            nearness=_NEARNESS[row.rank],
            position=position,
            since=since,
            until=until,
            cells={"cell_s": cell_s, **read[row.id]},
        )
        for position, row in enumerate(kept)
    )
    await session.flush()
    return len(kept)


@system_query("what is attached follows from the place; the worker opens incidents of every site")
async def _read(
    session: AsyncSession, site_id: int, points: list[int], since: datetime, until: datetime, cell_s: float
) -> Mapping[int, dict[str, list[Any]]]:
    """By point: moments (epoch seconds), mean, least and greatest of each cell that has readings."""
    asked = {"site": site_id, "points": points, "since": since, "until": until, "cell_s": cell_s}
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: {"at": [], "mean": [], "low": [], "high": []})
    for row in await session.execute(text(_CELLS), asked):
        for name in ("at", "mean", "low", "high"):
            found[row.point_id][name].append(round(float(getattr(row, name)), 6))
    return found
