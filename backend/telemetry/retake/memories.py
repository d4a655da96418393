"""What the database knows of points at the time of what is held: their memory, and keys that are taken."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.telemetry.formats.moments import Micros, from_datetime, to_datetime


@system_query("taking in goes on where cleaning stopped; the points were read for one site")
async def memories_before(session: AsyncSession, points: Collection[int], first: Micros) -> dict[int, dict[str, Any]]:
    """By point: what cleaning remembers, where nothing was taken of it since ``first``."""
    found = await session.execute(
        text("SELECT point_id, memory FROM point_state WHERE point_id = ANY(:points) AND received_at < :first"),
        {"points": list(points), "first": to_datetime(first)},
    )
    return {point: memory for point, memory in found}


@system_query("the points were read for one site")
async def keys_near(
    connection: Any, site_id: int, wanted: Sequence[tuple[int, Micros]]
) -> dict[tuple[int, Micros], set[Micros]]:
    """By (point, received): the keys that readings of the point have within a millisecond of it."""
    found = await connection.fetch(
        "SELECT r.point_id, u.t, r.at FROM unnest($2::bigint[], $3::timestamptz[]) AS u(p, t) JOIN reading r"
        " ON r.site_id = $1 AND r.point_id = u.p AND r.at >= u.t AND r.at < u.t + interval '1 millisecond'",
        site_id,
        [point for point, _ in wanted],
        [to_datetime(at) for _, at in wanted],
    )
    keys: dict[tuple[int, Micros], set[Micros]] = {}
    for point, received, at in found:
        keys.setdefault((point, from_datetime(received)), set()).add(from_datetime(at))
    return keys


def step_over(stamped: Micros, received: Micros, taken: Collection[Micros]) -> Micros:
    """The last stamp of a point, moved so that the next one (``received``, or one more than the last) is free. Pure."""
    after = max(received, stamped + 1)
    while after in taken:
        after += 1
    return after - 1 if after > received else stamped
