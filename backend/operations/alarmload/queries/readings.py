"""Past readings of a point, day by day, straight into arrays by binary COPY: several million a second, and never more
than a day of them in memory. System role: the worker replays rules of every site."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query
from backend.operations.alarmload.replaying import Piece
from backend.telemetry.models import Quality

_POSTGRES_EPOCH_S = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_HEADER, _END = 19, 2
"""Bytes before the rows and after them."""
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("l1", ">i4"),
        ("at", ">i8"),
        ("l2", ">i4"),
        ("value", ">f8"),
        ("l3", ">i4"),
        ("received", ">i8"),
    ]
)
_DAY = timedelta(days=1)
_READ = f"""
SELECT CASE WHEN quality & {int(Quality.CLOCK)} = 0 THEN at ELSE received_at END, value, received_at FROM reading
WHERE site_id = $1 AND point_id = $2 AND at >= $3 AND at < $4 AND quality & {int(Quality.BACKFILL)} = 0 ORDER BY at
"""  # noqa: S608


@system_query("the worker replays rules of every site")
async def pieces(
    session: AsyncSession, site_id: int, point_id: int, from_at: datetime, to_at: datetime
) -> AsyncIterator[tuple[datetime, Piece]]:
    """(where it ends, readings) for each UTC day of [from_at, to_at) in order, empty days too.

    What came late from a buffer is left out: live it neither raised nor cleared anything. Where a device's clock was
    wrong, the time of receipt counts, as it did live.
    """
    connection = await driver_connection(session)
    start = from_at
    while start < to_at:
        end = min(datetime(start.year, start.month, start.day, tzinfo=UTC) + _DAY, to_at)
        parts: list[bytes] = []

        async def keep(part: bytes, into: list[bytes] = parts) -> None:
            into.append(part)

        await connection.copy_from_query(_READ, site_id, point_id, start, end, output=keep, format="binary")
        yield end, _piece(b"".join(parts))
        start = end


def _piece(content: bytes) -> Piece:
    rows = np.frombuffer(content, _ROW, offset=_HEADER, count=(len(content) - _HEADER - _END) // _ROW.itemsize)
    at, received = (rows[name].astype(np.float64) / 1e6 + _POSTGRES_EPOCH_S for name in ("at", "received"))
    order = np.argsort(at, kind="stable") if (np.diff(at) < 0).any() else slice(None)
    return Piece(at[order], rows["value"].astype(np.float64)[order], received[order])
