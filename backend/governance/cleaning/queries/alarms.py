"""The alarms that suspect values raised: they count no more when the values don't."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.governance.cleaning.stretching import Stretch
from backend.identity.actor import Actor
from backend.identity.permissions import visible

MOST_SHOWN = 20

ALARMS_WITHIN = """
SELECT a.id FROM alarm a WHERE a.site_id = :site AND a.point_id = :point AND a.kind <> 'system'
    AND a.raised_at >= CAST(:first AS timestamptz) - interval '1 day'
    AND a.raised_at < CAST(:last AS timestamptz) + interval '1 day' AND EXISTS (
        SELECT FROM unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[])) AS s(since, until)
        WHERE COALESCE(a.reading_at, a.raised_at) >= s.since AND COALESCE(a.reading_at, a.raised_at) < s.until)
ORDER BY a.id
"""
"""By the reading that raised them: an alarm with a delay comes later than its values."""


def within(site_id: int, point_id: int, stretches: Sequence[Stretch]) -> dict[str, Any]:
    """What ``ALARMS_WITHIN`` asks for."""
    since: list[datetime] = [one.since for one in stretches]
    until = [one.until for one in stretches]
    values = {"first": min(since), "last": max(until), "since": since, "until": until}
    return {"site": site_id, "point": point_id, **values}


async def alarms_within(
    session: AsyncSession, actor: Actor, point_id: int, stretches: Sequence[Stretch]
) -> Sequence[int]:
    """Ids of the alarms that the point raised by values within ``stretches``."""
    if not stretches:
        return []
    return list(await session.scalars(text(ALARMS_WITHIN), within(actor.site_id, point_id, stretches)))


async def alarms_shown(
    session: AsyncSession, actor: Actor, point_id: int, stretches: Sequence[Stretch]
) -> tuple[Sequence[Alarm], int]:
    """The newest ``MOST_SHOWN`` of them, and how many there are."""
    ids = await alarms_within(session, actor, point_id, stretches)
    wanted = (
        select(Alarm)
        .where(visible(actor, Alarm), col(Alarm.id).in_(ids))
        .order_by(col(Alarm.raised_at).desc(), col(Alarm.id).desc())
        .limit(MOST_SHOWN)
    )
    return (await session.scalars(wanted)).all(), len(ids)
