"""Readings of the points that have limits, one in ten minutes: a level, the day, the season, noise."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import PointState
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from scripts.years.ledger import Ledger
from scripts.years.plant import Plant
from scripts.years.rhythm import Span

EACH_S = 600
PER_DAY = 86_400 // EACH_S


async def read(session: AsyncSession, ledger: Ledger, span: Span, plant: Plant, points: int, days: int) -> int:
    """Write the readings of ``points`` points for the last ``days`` days (UTC), with the last ones; gives how many."""
    shown = plant.conditions[:points]
    if not shown or not days:
        return 0
    connection, numbers, written = await driver_connection(session), span.numbers("readings"), 0
    first = (span.until - timedelta(days=days - 1)).date()
    dates = [first + timedelta(days=n) for n in range(days)]
    await ensure_partitions(session, dates)
    last: dict[int, tuple[int, float]] = {}
    for date in dates:
        midnight = datetime.combine(date, time(), UTC)
        count = min(PER_DAY, int((span.until - midnight).total_seconds()) // EACH_S)
        stamps = [from_datetime(midnight + timedelta(seconds=EACH_S * n)) for n in range(count)]
        rows: list[Row] = []
        for one in shown:
            values = _values(numbers, one.limit, count, date.timetuple().tm_yday)
            rows += [Row(ledger.site_id, one.point, at, value, 0, at) for at, value in zip(stamps, values, strict=True)]
            if count:
                last[one.point] = (count - 1, values[-1])
        if rows:
            await copy_rows(connection, rows)
            written += len(rows)
    await _states(ledger, midnight, last)
    return written


def _values(numbers: np.random.Generator, limit: float, count: int, day: int) -> Any:
    """Values of a day, most of them well below the limit."""
    daily = 0.05 * np.sin(2 * np.pi * np.arange(count) / PER_DAY)
    season = 0.04 * np.cos(2 * np.pi * day / 365)
    return np.round(limit * (0.7 + daily + season + numbers.normal(0, 0.03, count)), 3).tolist()


async def _states(ledger: Ledger, midnight: datetime, last: dict[int, tuple[int, float]]) -> None:
    rows = [
        (point, midnight + timedelta(seconds=EACH_S * n), value, midnight + timedelta(seconds=EACH_S * n))
        for point, (n, value) in last.items()
    ]
    await ledger.copy(PointState, ("point_id", "at", "value", "received_at"), rows)
