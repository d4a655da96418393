"""How readings changed after a deed, while the incident goes on: what the log shows beside it.

The minutes after a deed are compared with those before; once they are over, the worker keeps what it found, so that it
outlives the readings. Till then it is worked out when somebody looks. What came after a deed wasn't always caused by
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible
from backend.incidents.models import ACTIONS, Deed, Disposal, IncidentAftermath
from backend.incidents.review.effects import SPAN, Moved, change
from backend.plant.models import Point

ACTS = tuple(action for action in ACTIONS if action not in (Deed.NOTE, Deed.CALL))
"""What is done to the plant; words and calls move no reading."""
GRACE = timedelta(minutes=2)
"""So long readings may be late; then what was found is kept."""
SOONEST = timedelta(minutes=1)
LONGEST = timedelta(days=2)
MOST_POINTS = 3
MOST_DEEDS = 50
MOST_FRESH = 6

_DUE = """
SELECT d.id, d.site_id, d.at FROM incident i JOIN incident_disposal d ON d.incident_id = i.id
WHERE (i.closed_at IS NULL OR i.closed_at > :since) AND d.kind = ANY(CAST(:acts AS text[]))
    AND d.at > :since AND d.at < :over
    AND NOT EXISTS (SELECT FROM incident_aftermath k WHERE k.disposal_id = d.id)
ORDER BY d.at, d.id LIMIT :most
"""
_COMPARED = """
SELECT d.id AS deed, p.point_id, b.mean AS before, b.spread, a.mean AS after
FROM unnest(CAST(:deeds AS bigint[]), CAST(:moments AS timestamptz[])) AS d(id, at)
JOIN incident_disposal l ON l.id = d.id
CROSS JOIN LATERAL (SELECT t.point_id, t.position, t.site_id FROM incident_trend t WHERE t.incident_id = l.incident_id
    ORDER BY t.position LIMIT :points) p
CROSS JOIN LATERAL (SELECT avg(value) AS mean, stddev_samp(value) AS spread FROM reading
    WHERE site_id = p.site_id AND point_id = p.point_id AND at >= d.at - CAST(:span AS interval) AND at < d.at) b
CROSS JOIN LATERAL (SELECT avg(value) AS mean FROM reading
    WHERE site_id = p.site_id AND point_id = p.point_id AND at >= d.at AND at < d.at + CAST(:span AS interval)) a
WHERE b.mean IS NOT NULL AND a.mean IS NOT NULL ORDER BY d.at, p.position
"""
_KEEP = """
INSERT INTO incident_aftermath(site_id, disposal_id, changes) VALUES (:site_id, :disposal_id, :changes)
ON CONFLICT (disposal_id) DO NOTHING
"""


@dataclass(frozen=True)
class Change:
    """A point's means before and after a deed, in its own unit."""

    point: Point
    before: float
    after: float
    moved: Moved


@dataclass(frozen=True)
class Aftermath:
    """What changed in the ``minutes`` after a deed; the points that moved."""

    minutes: int
    moved: Sequence[Change]


@system_query("the worker keeps what followed the deeds of every site")
async def keep_aftermaths(session: AsyncSession) -> int:
    """Keep what followed deeds whose minutes are over, each once; gives how many."""
    moment = now()
    bounds = {"since": moment - LONGEST, "over": moment - SPAN - GRACE}
    asked = {**bounds, "acts": list(ACTS), "most": MOST_DEEDS}
    due = (await session.execute(text(_DUE), asked)).mappings().all()
    if not due:
        return 0
    found = await _compared(session, [(row["id"], row["at"]) for row in due])
    rows = [{"site_id": row["site_id"], "disposal_id": row["id"], "changes": found.get(row["id"], [])} for row in due]
    await session.execute(text(_KEEP).bindparams(bindparam("changes", type_=JSONB)), rows)
    return len(rows)


async def aftermaths(session: AsyncSession, actor: Actor, lines: Sequence[Disposal]) -> dict[int, Aftermath]:
    """By line of a log, which who looks may see: what followed it, kept or as far as it is known by now."""
    moment = now()
    acts = {line.id: line for line in lines if line.kind in ACTS}
    if not acts:
        return {}
    kept = await session.scalars(
        select(IncidentAftermath).where(
            visible(actor, IncidentAftermath), col(IncidentAftermath.disposal_id).in_(list(acts))
        )
    )
    found: dict[int, list[dict[str, Any]]] = {row.disposal_id: row.changes for row in kept}
    fresh = [line for line in acts.values() if line.id not in found and SOONEST <= moment - line.at < LONGEST]
    found |= await _compared(session, [(line.id, line.at) for line in fresh[:MOST_FRESH]])
    named = await _points(session, actor, {one["point_id"] for changes in found.values() for one in changes})
    return {
        id_: Aftermath(
            int(min(moment - acts[id_].at, SPAN) / timedelta(minutes=1)),
            [_change(one, named[one["point_id"]]) for one in changes if one["point_id"] in named and _moved(one)],
        )
        for id_, changes in found.items()
        if changes
    }


@system_query("what followed a deed follows from the points of its incident")
async def _compared(session: AsyncSession, deeds: Sequence[tuple[int, datetime]]) -> dict[int, list[dict[str, Any]]]:
    """By deed how the points of its incident went, as it is kept; deeds without readings are left out."""
    if not deeds:
        return {}
    ids, moments = zip(*deeds, strict=True)
    asked = {"deeds": list(ids), "moments": list(moments), "points": MOST_POINTS, "span": SPAN}
    found: dict[int, list[dict[str, Any]]] = {}
    for row in (await session.execute(text(_COMPARED), asked)).mappings():
        found.setdefault(row["deed"], []).append(_as_kept(row))
    return found


def _as_kept(row: RowMapping) -> dict[str, Any]:
    compared = change(row["point_id"], row["before"], row["spread"], row["after"])
    return {**vars(compared), "moved": str(compared.moved)}


async def _points(session: AsyncSession, actor: Actor, ids: set[int]) -> dict[int, Point]:
    wanted = select(Point).where(visible(actor, Point), col(Point.id).in_(ids))
    return {point.id: point for point in await session.scalars(wanted)} if ids else {}


def _moved(one: dict[str, Any]) -> bool:
    return Moved(one["moved"]) is not Moved.SAME


def _change(one: dict[str, Any], point: Point) -> Change:
    return Change(point, one["before"], one["after"], Moved(one["moved"]))
