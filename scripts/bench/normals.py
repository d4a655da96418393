"""A site's own baseline: taking its readings in, all of them or looked up row by row, learning, and the page's past.

Twenty points read once a second for six hours, and once an hour in the thirty days before. ``sparse_gain`` is how many
times faster rows of 31 s (a week in 20,000 rows) are looked up than all their readings are read.
``python scripts/bench/normals.py``
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy import select
from sqlmodel import col
from stage import arguments, make_plant, report, stage

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person
from backend.identity.sessions import actor_of
from backend.plant.models import Point
from backend.telemetry.partitions import ensure_partitions
from backend.tracing.engine import learn_normal
from backend.tracing.normals.queries import past_hours
from backend.tracing.normals.reading import read_rows

POINTS, HOURS = 20, 6
_FILL = """
INSERT INTO reading(site_id, point_id, at, value, quality)
SELECT $1, p, t, sin(extract(epoch FROM t)::float8 / 900) + random(), 0
FROM unnest($2::bigint[]) p, generate_series($3::timestamptz, $4::timestamptz, $5::interval) t
"""


async def measure() -> dict[str, Any]:
    """Fill, read both ways, learn, look at the past."""
    async with stage() as built:
        token = await make_plant(built.database_url, [f"P{number}" for number in range(POINTS)], {"H": {"value": 9.0}})
        database = Database(built.database_url)
        end = now().replace(minute=0, second=0, microsecond=0)
        async with database.session() as session:
            await ensure_partitions(session, [(end - timedelta(days=day)).date() for day in range(32)])
            ids = list((await session.scalars(select(col(Point.id)).order_by(col(Point.id)))).all())
            site_id = (await session.scalars(select(col(Person.site_id)))).one()
        start = end - timedelta(hours=HOURS)
        await _fill(built.database_url, site_id, ids, start, end)
        async with database.session() as session:
            actor = await actor_of(session, token)
            assert actor is not None
            rows = int(HOURS * 3600 / 31)
            scanned, _ = await _timed(lambda: read_rows(session, site_id, ids, start, 31.0, rows, sparse=False))
            looked_up, _ = await _timed(lambda: read_rows(session, site_id, ids, start, 31.0, rows, sparse=True))
            every, window = await _timed(
                lambda: read_rows(session, site_id, ids, start, 2.0, HOURS * 1800, sparse=False)
            )
            past, hours = await _timed(lambda: past_hours(session, actor))
        began = time.perf_counter()
        learn_normal(window)
        learning = time.perf_counter() - began
        await database.close()
    return {
        "readings": POINTS * HOURS * 3600,
        "rows_31s": {"all_read_s": scanned, "looked_up_s": looked_up, "sparse_gain": round(scanned / looked_up, 1)},
        "rows_2s": {"rows": window.rows, "read_s": every, "learn_s": round(learning, 2)},
        "past": {"hours": len(hours), "good": sum(hour.read for hour in hours), "s": past},
    }


async def _fill(url: str, site_id: int, ids: list[int], start: Any, end: Any) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(_FILL, site_id, ids, start, end, timedelta(seconds=1))
    await connection.execute(
        _FILL, site_id, ids, start - timedelta(days=30), start - timedelta(hours=1), timedelta(hours=1)
    )
    await connection.execute(
        "INSERT INTO point_state(point_id, site_id, at, value, quality, received_at, memory) "
        "SELECT p, $1, now(), 0, 0, now(), '{}' FROM unnest($2::bigint[]) p",
        site_id,
        ids,
    )
    await connection.execute("ANALYZE")
    await connection.close()


async def _timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = await work()
    return round(time.perf_counter() - began, 3), found


async def main() -> None:
    """Measure once."""
    arguments(__doc__ or "", 60).parse_args()
    report({"bench": "normals", **await measure()})


if __name__ == "__main__":
    asyncio.run(main())
