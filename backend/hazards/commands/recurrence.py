"""Which former rectification a new one is the recurrence (复发) of."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.core.errors import N_, Conflict
from backend.core.settings import settings
from backend.hazards.commands.taking import visible_one
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.plan import Plan, recurs
from backend.identity.actor import Actor
from backend.identity.permissions import visible


async def former_one(session: AsyncSession, actor: Actor, wanted: Plan, alarm: Alarm | None) -> Rectification | None:
    """The verified one whose trouble ``wanted`` is about again: the one it names, else the last of the same condition.

    Raises NotFound, and Conflict when the one it names isn't verified or lies too far back.
    """
    if wanted.recurrence_of_id is not None:
        named = await visible_one(session, actor, wanted.recurrence_of_id)
        if named.state != RectificationState.VERIFIED or not recurs(
            named.verified_at, now(), settings().recurrence_days
        ):
            raise Conflict(N_("这条整改没有销号，或销号已久，不算复发，请另开整改"))
        return named
    return await _last_of_condition(session, actor, alarm) if alarm else None


async def _last_of_condition(session: AsyncSession, actor: Actor, alarm: Alarm) -> Rectification | None:
    found = await session.execute(
        select(Rectification)
        .join(Alarm, col(Alarm.id) == col(Rectification.alarm_id))
        .where(
            visible(actor, Rectification),
            visible(actor, Alarm),
            col(Alarm.condition_key) == alarm.condition_key,
            col(Rectification.state) == RectificationState.VERIFIED,
            col(Rectification.verified_at) >= now() - timedelta(days=settings().recurrence_days),
        )
        .order_by(col(Rectification.verified_at).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()
