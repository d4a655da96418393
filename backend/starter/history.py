"""What a demo site remembers when it opens: a day of recorded normal work, and what the engine learned from it.

The readings are the pack's recorded plant data, stamped as if the day ended now. System role.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import driver_connection
from backend.identity.permissions import system_query
from backend.plant.models import Point
from backend.starter.pack import Pack
from backend.starter.runs import Run
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime, to_datetime
from backend.telemetry.models import LearnedNormal, PointState
from backend.telemetry.normals import keep_version, put_in_force
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from backend.tracing.engine import Window, learn_normal

HISTORY = timedelta(hours=24)


async def store_normal(session: AsyncSession, site_id: int, pack: Pack, run: Run) -> None:
    """Learn from the whole of ``run``, known to be fault-free, and let the site judge deviation by it."""
    ids = await _point_ids(session, site_id)
    points = [code for code in run.points if code in ids]
    times = [pack.row_s * number for number in range(len(run.rows))]
    values = [[row.get(code, float("nan")) for code in points] for row in run.rows]
    normal = learn_normal(Window.of(times, points, values))
    learned = LearnedNormal(
        site_id=site_id,
        learned_from=f"{pack.code}/{run.spec.file}, {len(run.rows)} rows",
        point_ids=[ids[code] for code in points],
        parameters=normal.to_dict(),
    )
    await put_in_force(session, await keep_version(session, learned))


async def store_history(session: AsyncSession, site_id: int, pack: Pack, run: Run) -> int:
    """Store the last day of ``run`` as readings up to now, and its last row as the points' state; gives how many."""
    ids = await _point_ids(session, site_id)
    rows = run.rows[-int(HISTORY.total_seconds() / pack.row_s) :]
    end = now()
    moments = [end - timedelta(seconds=pack.row_s * back) for back in reversed(range(len(rows)))]
    stamps = [from_datetime(at) for at in moments]
    readings = [
        Row(site_id, ids[code], at, value, 0, at)
        for at, row in zip(stamps, rows, strict=True)
        for code, value in row.items()
    ]
    await ensure_partitions(session, {at.date() for at in moments})
    await copy_rows(await driver_connection(session), readings)
    last = {reading.point_id: reading for reading in readings}
    for point_id, reading in last.items():
        at = to_datetime(reading.at)
        await session.merge(PointState(site_id=site_id, point_id=point_id, at=at, value=reading.value, received_at=at))
    await session.flush()
    return len(readings)


@system_query("a demo's history is loaded on behalf of no person")
async def _point_ids(session: AsyncSession, site_id: int) -> dict[str, int]:
    found = await session.execute(select(col(Point.code), col(Point.id)).where(col(Point.site_id) == site_id))
    return {code: id_ for code, id_ in found}
