"""Keeps hours and days of sources up to date, from what came and what changed. Worker role.

Each hour is counted once it is over; what comes later, or is decided about its values, marks it in the same
transaction (``PointHourAgain``) and it is counted again. So the days always equal counting every reading anew
(property test).
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.telemetry.canary import CANARY_SOURCE
from backend.telemetry.quality.counting import count_again, count_all_again, count_hours, marks_between
from backend.telemetry.quality.days import judge_days
from backend.telemetry.quality.measuring import HOUR, hours_between
from backend.telemetry.quality.models import QUALITY_JOB, ValueVerdict

SETTLED = timedelta(minutes=3)
"""An hour is counted so long after its end: what was received in it is written by then."""
LOOK_BACK = timedelta(days=30)
"""A site that is counted for the first time starts so far back."""
KEEP = timedelta(days=45)
"""So long hours are kept, for late values (up to 7 days) and for trying another norm on the last 30 days."""
AT_ONCE = 24
"""Hours a round counts at most: a first look at a big plant is many short transactions."""

_DUE = """
SELECT x.id FROM site x LEFT JOIN quality_round r ON r.site_id = x.id
WHERE EXISTS (SELECT FROM source s WHERE s.site_id = x.id AND s.code <> :canary)
    AND (r.until IS NULL OR r.until <= :settled
        OR EXISTS (SELECT FROM point_hour_again a WHERE a.site_id = x.id AND a.hour < r.until))
ORDER BY x.id
"""
_ROUND = """
SELECT r.begins, r.until, r.zone, s.time_zone, (
    SELECT min(first_seen_at) FROM source WHERE site_id = :site AND code <> :canary) AS first_seen
FROM quality_round r JOIN site s ON s.id = r.site_id WHERE r.site_id = :site FOR UPDATE OF r
"""


@system_query("the worker counts the data of every site")
async def plan_quality(session: AsyncSession) -> int:
    """Queue a count for each site with an hour that is over or was changed since; gives how many."""
    settled = now() - SETTLED - HOUR
    due = list(await session.scalars(text(_DUE), {"canary": CANARY_SOURCE, "settled": settled}))
    for site_id in due:
        await enqueue(session, QUALITY_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"quality:{site_id}")
    return len(due)


@system_query("the worker counts the data of every site")
async def roll_quality(
    session: AsyncSession, site_id: int, *, days: Collection[date] = (), everything: bool = False
) -> int:
    """Count the hours that are over and those marked, and put their days together, and ``days`` besides (a norm was
    changed). ``everything``: count all kept hours anew from the readings. Gives how many source-days were written."""
    await session.execute(
        text("INSERT INTO quality_round(site_id, zone) VALUES (:site, '') ON CONFLICT DO NOTHING"), {"site": site_id}
    )
    row = (await session.execute(text(_ROUND), {"site": site_id, "canary": CANARY_SOURCE})).mappings().one()
    if row["first_seen"] is None:
        return 0
    zone = ZoneInfo(row["time_zone"])
    begins, since = row["begins"], row["until"]
    if since is None or row["zone"] != row["time_zone"]:
        begins = since = await _begin(session, site_id, row["first_seen"], zone)
    found = list(hours_between(since, now() - SETTLED, zone))[:AT_ONCE]
    await count_hours(session, site_id, found)
    until = found[-1][2] if found else since
    changed = {day for day, _, _ in found} | set(days)
    changed |= await count_again(session, site_id, zone, begins, until)
    if everything:
        changed |= await count_all_again(session, site_id, zone, max(begins, now() - KEEP), until)
    written = await judge_days(session, site_id, zone, changed, until, CANARY_SOURCE)
    await _keep_round(session, site_id, begins, until, row["time_zone"])
    return written


@system_query("the worker counts the data of every site")
async def _begin(session: AsyncSession, site_id: int, first_seen: datetime, zone: ZoneInfo) -> datetime:
    """Forget what was cut by another zone's days; gives the hour from which the site is counted."""
    await session.execute(text("DELETE FROM point_hour WHERE site_id = :site"), {"site": site_id})
    first = max(first_seen, now() - LOOK_BACK)
    return next(begins for _, begins, ends in hours_between(first - HOUR, first + 2 * HOUR, zone) if ends > first)


@system_query("the worker counts the data of every site")
async def _keep_round(session: AsyncSession, site_id: int, begins: datetime, until: datetime, zone: str) -> None:
    await session.execute(
        text("UPDATE quality_round SET begins = :begins, until = :until, zone = :zone WHERE site_id = :site"),
        {"begins": begins, "until": until, "zone": zone, "site": site_id},
    )
    old = {"site": site_id, "day": (until - KEEP).date(), "at": until - KEEP}
    await session.execute(text("DELETE FROM point_hour WHERE site_id = :site AND day < :day"), old)
    await session.execute(text("DELETE FROM source_tally WHERE site_id = :site AND at < :at"), old)


@system_query("decisions about values are made where permission was checked")
async def decide_values(
    session: AsyncSession, site_id: int, point_id: int, since: datetime, until: datetime, *, genuine: bool
) -> ValueVerdict:
    """Say of a point's values from ``since`` to before ``until`` that they are right, or that they don't count; their
    days are counted again. In the caller's transaction; ``take_back`` undoes it."""
    verdict = ValueVerdict(site_id=site_id, point_id=point_id, since=since, until=until, genuine=genuine)
    session.add(verdict)
    await session.flush()
    await recount(session, site_id, point_id, since, until)
    return verdict


@system_query("decisions about values are made where permission was checked")
async def take_back(session: AsyncSession, site_id: int, verdict_id: int) -> None:
    """Undo ``decide_values``; nothing happens if it was undone before."""
    gone: Any = (
        await session.execute(
            text("DELETE FROM value_verdict WHERE site_id = :site AND id = :id RETURNING point_id, since, until"),
            {"site": site_id, "id": verdict_id},
        )
    ).one_or_none()
    if gone is not None:
        await recount(session, site_id, *gone)


@system_query("decisions about values are made where permission was checked")
async def recount(session: AsyncSession, site_id: int, point_id: int, since: datetime, until: datetime) -> None:
    """Have the point's hours from ``since`` to ``until`` counted again by the next round, soon."""
    await session.execute(
        text(
            "INSERT INTO point_hour_again(site_id, point_id, hour) SELECT :site, :point, h"
            " FROM unnest(CAST(:hours AS timestamptz[])) AS h"
        ),
        {"site": site_id, "point": point_id, "hours": marks_between(since, until)},
    )
    await enqueue(session, QUALITY_JOB, {"site_id": site_id}, site_id=site_id, dedupe_key=f"quality:{site_id}")
