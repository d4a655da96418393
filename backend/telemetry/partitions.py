"""Daily partitions of ``reading``, by UTC day: made before they are needed, dropped whole by retention."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query

_FIRST = date(1970, 1, 1)
_LOCK = 0x616E7375
"""Advisory lock: one process at a time makes partitions."""


def partition_name(day: date) -> str:
    """``reading_20261124``."""
    return f"reading_{day:%Y%m%d}"


def day_number(day: date) -> int:
    """Days since 1970, as readings' moments divide into."""
    return (day - _FIRST).days


def day_of_number(number: int) -> date:
    """The UTC day that lies ``number`` days after 1970-01-01."""
    return _FIRST + timedelta(days=number)


async def ensure_partitions(session: AsyncSession, days: Iterable[date]) -> None:
    """Make the partitions of ``days`` that are missing; the caller commits.

    A partition is made apart and then attached: unlike CREATE … PARTITION OF that doesn't lock out
    those who read and write the other days.
    """
    connection = await driver_connection(session)
    wanted = sorted(set(days))
    if not await _missing(connection, wanted):
        return
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    for day in await _missing(connection, wanted):
        name = partition_name(day)
        await connection.execute(f"CREATE TABLE {name} (LIKE reading INCLUDING ALL)")
        await connection.execute(
            f"ALTER TABLE reading ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
        )


async def drop_partitions(session: AsyncSession, *, keep_days: int) -> list[date]:
    """Drop the days older than ``keep_days``; gives them. The caller commits."""
    oldest = (datetime.now(UTC) - timedelta(days=keep_days)).date()
    gone = [day for day in await partition_days(session) if day < oldest]
    for day in gone:
        await session.execute(text("SET LOCAL lock_timeout = '5s'"))
        await session.execute(text(f"DROP TABLE {partition_name(day)}"))
    return gone


@system_query("partitions hold every site's readings")
async def partition_days(session: AsyncSession) -> list[date]:
    """The UTC days that have a partition, in order."""
    found = await session.execute(
        text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass('reading') ORDER BY 1"
        )
    )
    return [datetime.strptime(name, "reading_%Y%m%d").replace(tzinfo=UTC).date() for name in found.scalars()]


@system_query("partitions hold every site's readings")
async def _missing(connection: Any, days: list[date]) -> list[date]:
    # Not by to_regclass, which answers from this connection's cache and may not know what another has just made.
    rows = await connection.fetch(
        "SELECT d FROM unnest($1::date[]) AS d WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relname ="
        " 'reading_' || to_char(d, 'YYYYMMDD') AND c.relnamespace = current_schema()::regnamespace)",
        days,
    )
    return [row[0] for row in rows]
