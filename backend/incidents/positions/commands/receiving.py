"""Taking in what a phone says of where it was: only of who agreed, only of incidents that concern them, once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.position import Position
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Forbidden, TooMany
from backend.core.ratelimit import RateLimits
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.positions.judging import CLOSEST, Fix, Judged, judge, moment_of
from backend.incidents.positions.models import IncidentPosition
from backend.incidents.positions.queries.concerning import Concern, concerning
from backend.incidents.positions.queries.consent import in_force, newest_consent
from backend.incidents.positions.queries.rules import ground_of

LIMIT = "120/10 minute"
"""Twice of what a phone sends that sends as often as it may."""


@dataclass(frozen=True)
class Taken:
    """``kept`` of what was sent is known now; ``goes_on``: an incident still concerns them, so the phone goes on."""

    kept: int
    goes_on: bool


async def take_positions(
    session: AsyncSession, limits: RateLimits, actor: Actor, device_now: datetime, fixes: Sequence[Fix]
) -> Taken:
    """Keep ``fixes`` with each incident that concerned the actor then. What was sent before changes nothing.

    Raises Forbidden for who hasn't agreed; Conflict where no incident concerns them, or nobody has said where the site
    is; TooMany.
    """
    if not await limits.count(LIMIT, "positions", str(actor.person_id)):
        raise TooMany(N_("发送太频繁，请稍后再试"))
    consent = await newest_consent(session, actor)
    if consent is None or not in_force(consent):
        raise Forbidden(N_("您没有同意发送位置"))
    concerns = await concerning(session, actor)
    if not concerns:
        raise Conflict(N_("现在没有与您有关的事件，不需要发送位置"))
    ground = await ground_of(session, actor)
    if not ground.known:
        raise Conflict(N_("还没有登记厂区在哪里，暂时不收位置"))
    received = now()
    before = await _before(session, actor, min(moment_of(fix.device_at, device_now, received) for fix in fixes))
    judged = [one for one in judge(fixes, device_now, received, ground, before) if one.at >= consent.created_at]
    rows = [_row(actor, concern, one) for one in judged for concern in concerns if concern.covers(one.at)]
    kept = await _keep(session, actor, rows, [fix.device_at for fix in fixes])
    return Taken(kept, any(concern.live for concern in concerns))


async def _keep(session: AsyncSession, actor: Actor, rows: Sequence[dict[str, Any]], sent: Sequence[datetime]) -> int:
    """Insert what isn't there; gives of how many of the moments ``sent`` something is there now."""
    if rows:
        await session.execute(insert(IncidentPosition).values(list(rows)).on_conflict_do_nothing())
    known = select(func.count(col(IncidentPosition.device_at).distinct())).where(
        visible(actor, IncidentPosition),
        col(IncidentPosition.person_id) == actor.person_id,
        col(IncidentPosition.device_at).in_(sent),
    )
    return int(await session.scalar(known) or 0)


async def _before(session: AsyncSession, actor: Actor, moment: datetime) -> Judged | None:
    """The last that is kept of the actor of before ``moment``."""
    found = await session.scalars(
        select(IncidentPosition)
        .where(
            visible(actor, IncidentPosition),
            col(IncidentPosition.person_id) == actor.person_id,
            col(IncidentPosition.at) < moment - CLOSEST,
        )
        .order_by(col(IncidentPosition.at).desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    position = Position(row.lat, row.lon or 0.0, row.accuracy_m or 0.0) if row.lat is not None else None
    return Judged(row.device_at, row.at, position, row.vague, row.jumped)


def _row(actor: Actor, concern: Concern, one: Judged) -> dict[str, Any]:
    where = asdict(one.position) if one.position else {"lat": None, "lon": None, "accuracy_m": None}
    return {
        "site_id": actor.site_id,
        "incident_id": concern.incident_id,
        "person_id": actor.person_id,
        "device_at": one.device_at,
        "at": one.at,
        "on_site": one.position is not None,
        "vague": one.vague,
        "jumped": one.jumped,
        **where,
    }
