"""Readings of a long time on a grid, in pieces that a worker takes in one after the other. System role."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query
from backend.tracing.engine import Window
from backend.tracing.plant import point_key
from backend.tracing.windows import read_window

MOST_ROWS = 20_000
MOST_CELLS = 4_000_000
MOST_LEARNED_CELLS = 2_000_000
"""Half a minute of learning on one core; a trial is quicker."""
SHORTEST_ROW_S = 1.0
"""No row is judged sooner after the one before it (``alarms.deviation``)."""
PIECE_CELLS = 50_000
SPARSE = 8.0
"""Rows so many times as far apart as readings: then the last reading of each is looked up instead of reading all."""


def grid_of(from_at: datetime, to_at: datetime, gap_s: float, points: int) -> tuple[datetime, float, int]:
    """Where rows begin (UTC, a whole row of the clock), their length in seconds and how many there are to ``to_at``.

    A row is as long as readings are usually apart (``gap_s``), or so many times it that the rows stay within
    ``MOST_ROWS`` and the table within ``MOST_LEARNED_CELLS``."""
    usual = max(_neat(gap_s), SHORTEST_ROW_S)
    most = max(min(MOST_ROWS, MOST_LEARNED_CELLS // max(points, 1)), 1)
    span_s = (to_at - from_at).total_seconds()
    row_s = usual * max(1, int(np.ceil(span_s / usual / most)))
    first = int(from_at.timestamp() // row_s)
    rows = max(int(to_at.timestamp() // row_s) - first, 1)
    return datetime.fromtimestamp(first * row_s, UTC), row_s, rows


def latest_rows(from_at: datetime, to_at: datetime, row_s: float, points: int) -> tuple[datetime, int]:
    """Where rows of ``row_s`` begin and how many there are to ``to_at``: from ``from_at`` on, but no more than the
    table may hold."""
    last = int(to_at.timestamp() // row_s)
    first = max(int(from_at.timestamp() // row_s), last - MOST_CELLS // max(points, 1))
    return datetime.fromtimestamp(first * row_s, UTC), max(last - first, 1)


def _neat(gap_s: float) -> float:
    """Clocks wander: 9.98 s is 10 s."""
    return float(round(gap_s)) if gap_s >= 5 else round(gap_s, 1)


async def read_rows(
    session: AsyncSession,
    site_id: int,
    point_ids: Sequence[int],
    start: datetime,
    row_s: float,
    rows: int,
    *,
    sparse: bool,
) -> Window:
    """``rows`` rows from ``start`` on: the last reading of each point in each, rows without any left out.

    ``sparse``: readings come much oftener than rows."""
    if not sparse:
        until = start + timedelta(seconds=row_s * rows)
        return await read_window(session, site_id, point_ids, until, row_s, rows)
    return await _looked_up(session, site_id, point_ids, start, row_s, rows)


@system_query("the worker learns what is normal at every site")
async def _looked_up(
    session: AsyncSession, site_id: int, point_ids: Sequence[int], start: datetime, row_s: float, rows: int
) -> Window:
    connection: Any = await driver_connection(session)
    found = await connection.fetch(_LAST_OF_EACH, site_id, list(point_ids), start, row_s, rows)
    values = np.full((rows, len(point_ids)), np.nan)
    for column, row, value in found:
        values[row, column - 1] = value
    kept = ~np.isnan(values).all(1)
    times = start.timestamp() + (np.arange(rows) + 1) * row_s
    return Window.of(times[kept], [point_key(id_) for id_ in point_ids], values[kept])


_LAST_OF_EACH = """
SELECT p.number, c.number, r.value
FROM unnest($2::bigint[]) WITH ORDINALITY AS p(id, number)
CROSS JOIN generate_series(0, $5::int - 1) AS c(number)
CROSS JOIN LATERAL (
    SELECT value FROM reading
    WHERE site_id = $1 AND point_id = p.id AND at >= $3::timestamptz + c.number * make_interval(secs => $4)
      AND at < $3::timestamptz + (c.number + 1) * make_interval(secs => $4)
    ORDER BY at DESC LIMIT 1) AS r
"""


def packed(window: Window) -> bytes:
    """Rows as a piece is stored."""
    table = np.column_stack([window.times_s, window.values])
    return zlib.compress(table.astype("<f8").tobytes(), 1)


def unpacked(pieces: Sequence[bytes], point_ids: Sequence[int]) -> Window:
    """Pieces, in order, as one window."""
    raw = b"".join(zlib.decompress(piece) for piece in pieces)
    table = np.frombuffer(raw, "<f8").reshape(-1, 1 + len(point_ids))
    return Window.of(table[:, 0], [point_key(id_) for id_ in point_ids], table[:, 1:])
