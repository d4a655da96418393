"""Readings as windows for the engine, and how often points are read. System role."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query
from backend.tracing.engine import Window
from backend.tracing.pace import Habit
from backend.tracing.plant import PlantMap, point_key

ROWS = 400
"""Rows of a live window: enough for the slowest development faults, little enough to answer in a second."""
MOST_ROWS = 2000
"""Rows of a whole process, or of a time that a person asked for; a longer one loses its beginning."""
HABIT_READINGS = 7
"""So many last readings tell how often a point is read now: a replay shows after a few."""
HABIT_POINTS = 24
"""So many points are asked: they are read by the same gateways."""


@system_query("the worker traces every site's alarms")
async def habits(
    session: AsyncSession, site_id: int, point_ids: Sequence[int], plant: PlantMap, until: datetime
) -> list[Habit]:
    """How far apart the last readings before ``until`` are, of some of the points; those too seldom read left out."""
    asked = list(point_ids[:: max(len(point_ids) // HABIT_POINTS, 1)])[:HABIT_POINTS]
    rows = await session.execute(
        text(
            "SELECT p.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.gap)) AS gap "
            "FROM unnest(CAST(:points AS bigint[])) AS p(id) CROSS JOIN LATERAL "
            "(SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM (SELECT at FROM reading WHERE site_id = :site "
            "AND point_id = p.id AND at <= :until AND at > :until - interval '7 days' "
            "ORDER BY at DESC LIMIT :few) AS lately) r "
            "GROUP BY p.id HAVING count(r.gap) >= 2"
        ),
        {"site": site_id, "points": asked, "until": until, "few": HABIT_READINGS},
    )
    expected = {point.id: point.expected_s for point in plant.points}
    return [Habit(float(gap), expected.get(id_)) for id_, gap in rows if gap and gap > 0]


@system_query("the worker traces every site's alarms")
async def read_window(
    session: AsyncSession, site_id: int, point_ids: Sequence[int], until: datetime, step_s: float, rows: int = ROWS
) -> Window:
    """Readings of the points on a grid of ``step_s`` up to ``until``: the last value in each cell, gaps as NaN.

    What arrived late from a buffer counts as what came in time: it may be what shows the root.
    """
    start = until - timedelta(seconds=step_s * rows)
    connection: Any = await driver_connection(session)
    found = await connection.fetch(
        "SELECT DISTINCT ON (point_id, cell) point_id, floor(extract(epoch FROM at - $3) / $5)::int AS cell, value "
        "FROM reading WHERE site_id = $1 AND point_id = ANY($2::bigint[]) AND at >= $3 AND at < $4 "
        "ORDER BY point_id, cell, at DESC",
        site_id,
        list(point_ids),
        start,
        until,
        step_s,
    )
    column = {point_id: index for index, point_id in enumerate(point_ids)}
    values = np.full((rows, len(point_ids)), np.nan)
    for point_id, cell, value in found:
        if 0 <= cell < rows:
            values[cell, column[point_id]] = value
    kept = ~np.isnan(values).all(1) if len(point_ids) else np.zeros(rows, bool)
    times = start.timestamp() + (np.arange(rows) + 1) * step_s
    return Window.of(times[kept], [point_key(id_) for id_ in point_ids], values[kept])
