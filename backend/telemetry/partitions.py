"""Daily partitions of ``reading``, by UTC day: made before they are needed, dropped whole by retention (governance)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query

_ROW_BYTES = 76
"""What a reading takes in its table: 24 of head, 48 of columns, 4 of pointer; for days not counted yet."""
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


async def drop_day(session: AsyncSession, day: date) -> None:
    """Drop the partition of ``day``; the caller commits. Waits five seconds at most for those who use the table."""
    await session.execute(text("SET LOCAL lock_timeout = '5s'"))
    await session.execute(text(f"DROP TABLE IF EXISTS {partition_name(day)}"))


@dataclass(frozen=True)
class DayFigures:
    """What the catalogue says of a day's partition: about so many rows, so many bytes with the key."""

    day: date
    rows: int
    size: int


@system_query("figures of partitions, without any row of a site")
async def day_figures(session: AsyncSession) -> list[DayFigures]:
    """Of each day that has a partition, in order. Reads no reading."""
    found = await session.execute(
        text(
            "SELECT c.relname, c.reltuples, s.n_live_tup, pg_relation_size(c.oid), pg_total_relation_size(c.oid)"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid"
            " WHERE i.inhparent = to_regclass('reading') ORDER BY 1"
        )
    )
    return [
        DayFigures(
            datetime.strptime(name, "reading_%Y%m%d").replace(tzinfo=UTC).date(),
            max(int(counted), live or 0) if max(counted, live or 0) > 0 else heap // _ROW_BYTES,
            size,
        )
        for name, counted, live, heap, size in found
    ]


async def close_day(session: AsyncSession, day: date) -> None:
    """Let nobody but the caller write readings of ``day`` until its transaction ends, so that what it decides by stays
    true; they are read as ever. A day without a partition is left alone."""
    if await session.scalar(text("SELECT to_regclass(:name)"), {"name": partition_name(day)}) is not None:
        await session.execute(text("SET LOCAL lock_timeout = '5s'"))
        await session.execute(text(f"LOCK TABLE {partition_name(day)} IN SHARE ROW EXCLUSIVE MODE"))


@system_query("a partition holds every site's readings")
async def sites_of_day(session: AsyncSession, day: date) -> list[int]:
    """Sites that have readings of ``day``, each found by one look into the key; none: no partition, or an empty one."""
    if await session.scalar(text("SELECT to_regclass(:name)"), {"name": partition_name(day)}) is None:
        return []
    found = await session.execute(
        text(
            f"SELECT s.id FROM site s WHERE EXISTS (SELECT FROM {partition_name(day)} r WHERE r.site_id = s.id)"  # noqa: S608
            " ORDER BY 1"
        )
    )
    return list(found.scalars())


@system_query("a partition holds every site's readings")
async def weigh_day(session: AsyncSession, day: date) -> tuple[int, dict[int, int]]:
    """Bytes of the day's partition, and how many readings each site has in it. Reads all of it, to drop it."""
    name = partition_name(day)
    if await session.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
        return 0, {}
    size = await session.scalar(text("SELECT pg_total_relation_size(CAST(:name AS regclass))"), {"name": name})
    rows = await session.execute(text(f"SELECT site_id, count(*) FROM {name} GROUP BY 1"))  # noqa: S608
    return int(size or 0), {site_id: count for site_id, count in rows}


@system_query("the worker forgets what a site keeps no longer while others do")
async def delete_of_site(session: AsyncSession, day: date, site_id: int, most: int) -> int:
    """Delete at most ``most`` readings of one site from the partition of ``day``; gives how many."""
    name = partition_name(day)
    found = await session.execute(
        text(
            f"WITH aim AS (SELECT point_id, at FROM {name} WHERE site_id = :site LIMIT :most), gone AS ("  # noqa: S608
            f" DELETE FROM {name} r USING aim WHERE r.site_id = :site AND r.point_id = aim.point_id AND r.at = aim.at"
            " RETURNING 1) SELECT count(*) FROM gone"
        ),
        {"site": site_id, "most": most},
    )
    return int(found.scalar_one())


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
