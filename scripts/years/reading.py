"""Readings of the points that have limits, one in ten minutes: a level, the day, the season, noise; some stand still,
some come late. With what sends them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import PointState, Quality, Source
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from scripts.years.effects import (
    LATE_BEFORE_HOUR,
    LATE_EACH_DAYS,
    LATE_GATEWAY,
    STUCK_EACH_DAYS,
    STUCK_EVERY,
    STUCK_HOURS,
)
from scripts.years.ledger import Ledger
from scripts.years.plant import EACH_S, GATEWAYS, Condition, Plant
from scripts.years.rhythm import Span

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
        for place, one in enumerate(shown):
            values = _values(numbers, one.limit, count, date.timetuple().tm_yday)
            stuck = place % STUCK_EVERY == 0 and date.toordinal() % STUCK_EACH_DAYS == 0
            late = one.gateway == GATEWAYS[LATE_GATEWAY] and date.toordinal() % LATE_EACH_DAYS == 0
            rows += _rows(ledger.site_id, one.point, stamps, values, stuck=stuck, late=late)
            if count:
                last[one.point] = (count - 1, values[-1])
        if rows:
            await copy_rows(connection, rows)
            written += len(rows)
    await _states(ledger, midnight, last)
    await _gateways(ledger, shown, datetime.combine(first, time(), UTC), span.until, written // len(shown))
    return written


def _rows(site: int, point: int, stamps: list[int], values: list[float], *, stuck: bool, late: bool) -> Iterator[Row]:
    """Readings of a day. ``stuck``: they stand still for some hours; ``late``: the first came from a buffer."""
    begins, ends = (hour * 3600 // EACH_S for hour in STUCK_HOURS)
    buffered = LATE_BEFORE_HOUR * 3600 // EACH_S if late else 0
    for n, (at, value) in enumerate(zip(stamps, values, strict=True)):
        stands = stuck and begins < n < ends
        quality = (Quality.STUCK if stands else 0) | (Quality.BACKFILL if n < buffered else 0)
        received = at + buffered * EACH_S * 1_000_000 if n < buffered else at
        yield Row(site, point, at, values[begins] if stands else value, quality, received)


async def _gateways(ledger: Ledger, shown: Sequence[Condition], first: datetime, until: datetime, each: int) -> None:
    """Who sent: ``each`` so many values of a point."""
    sent = Counter(one.gateway for one in shown)
    rows = [(code, first, until, points * each, points * each) for code, points in sorted(sent.items())]
    await ledger.open(Source)
    await ledger.copy(Source, ("code", "first_seen_at", "last_seen_at", "received", "stored"), rows)


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
