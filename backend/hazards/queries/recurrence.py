"""Whether a hazard has come back: the former rectification of the same place and kind, verified not long before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.core.errors import N_, Conflict, NotFound
from backend.hazards.models import Rectification, RectificationPolicy, RectificationState
from backend.hazards.plan import Plan
from backend.hazards.policy import Policy, policy_from
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.queries.audit import Entry, Filter, audit_entries


@dataclass(frozen=True)
class Former:
    """The rectification that comes back, and where it was."""

    id: int
    number: str
    title: str
    level: str
    measure: str
    cause: str
    equipment_id: int | None
    area_id: int | None
    owner_id: int
    recurrence: int


async def policy_of(session: AsyncSession, actor: Actor) -> Policy:
    """The policy of the actor's site."""
    row = (
        await session.execute(
            select(col(RectificationPolicy.recurrence_days), col(RectificationPolicy.managers_after_days)).where(
                visible(actor, RectificationPolicy)
            )
        )
    ).one_or_none()
    return policy_from(row[0], row[1]) if row else Policy()


async def policy_changes(session: AsyncSession, actor: Actor) -> Sequence[Entry]:
    """The last changes of the policy, the newest first."""
    return (await audit_entries(session, actor, Filter(object_type="rectification_policy"))).entries


async def former_of(session: AsyncSession, actor: Actor, wanted: Plan, alarm: Alarm | None) -> Former | None:
    """The former one of which ``wanted`` (from ``alarm``, if any) is the recurrence; None when it is new.

    The one ``wanted`` names; else the latest verified one on the same equipment (or area, without one) from the same
    alarm rule. Raises NotFound or Conflict for a named one that is not there or not verified within the window.
    """
    policy = await policy_of(session, actor)
    if wanted.recurs_id is not None:
        return await former(session, actor, wanted.recurs_id, policy)
    if alarm is None or alarm.rule_id is None:
        return None
    place: Any = (
        col(Rectification.equipment_id) == alarm.equipment_id
        if alarm.equipment_id is not None
        else col(Rectification.area_id) == alarm.area_id
    )
    found = await session.scalar(
        select(Rectification)
        .join(Alarm, col(Alarm.id) == col(Rectification.alarm_id))
        .where(
            visible(actor, Rectification),
            place,
            col(Alarm.rule_id) == alarm.rule_id,
            col(Rectification.parent_id).is_(None),
            col(Rectification.state) == RectificationState.VERIFIED,
            col(Rectification.verified_at) >= now() - timedelta(days=policy.recurrence_days),
        )
        .order_by(col(Rectification.verified_at).desc(), col(Rectification.id).desc())
        .limit(1)
    )
    return _former(found) if found else None


async def former(session: AsyncSession, actor: Actor, rectification_id: int, policy: Policy | None = None) -> Former:
    """A verified one that may be opened again as a recurrence. Raises NotFound, Conflict."""
    policy = policy or await policy_of(session, actor)
    one = await session.scalar(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
    )
    if one is None:
        raise NotFound()
    if one.state != RectificationState.VERIFIED or one.verified_at is None:
        raise Conflict(N_("只有已销号的整改才能作为复发重新发起"))
    if not policy.counts_as_recurrence(one.verified_at, now()):
        raise Conflict(N_("已超过复发期限 %(days)s 天，请作为新的整改发起"), days=policy.recurrence_days)
    return _former(one)


def _former(one: Rectification) -> Former:
    return Former(
        one.id,
        one.number,
        one.title,
        one.level,
        one.measure,
        one.cause,
        one.equipment_id,
        one.area_id,
        one.owner_id,
        one.recurrence,
    )
