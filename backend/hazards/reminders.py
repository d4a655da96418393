"""Reminds of rectifications whose deadline has passed: once a day each. The worker role calls it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.lifecycle import WORKABLE
from backend.hazards.models import Rectification, RectificationPolicy
from backend.hazards.policy import Policy, policy_from
from backend.hazards.telling import OVERDUE, tell
from backend.identity.models import Person, Role, Site
from backend.identity.permissions import system_query

AT_ONCE = 200


@dataclass(frozen=True)
class _Late:
    """One that is late, with its site's day and policy, and the people on its ladder."""

    rectification: Rectification
    today: date
    team_id: int | None
    people: dict[Role, list[int]]
    policy: Policy


async def remind_overdue(session: AsyncSession) -> int:
    """Record ``rectification.overdue`` for each late one not yet told of on its site's present day.

    Told are its owner, who opened it, and who stands on the rungs it has climbed by its site's policy: the leaders
    of the owner's team, then the managers. The day is kept with it in the same transaction, so that a restart tells
    nobody twice. Gives how many; call again while it is ``AT_ONCE``. Two workers at once share the work.
    """
    late = await _late_and_untold(session)
    for one in late:
        rectification = one.rectification
        rectification.overdue_told_on = one.today
        told = {rectification.owner_id, rectification.opened_by}
        for role in one.policy.rungs(rectification.level, rectification.deadline, now()):
            told.update(one.people[role])
        await tell(session, rectification, "overdue", OVERDUE, team_id=one.team_id, told=told)
    return len(late)


@system_query("the worker reminds on all sites")
async def _late_and_untold(session: AsyncSession) -> list[_Late]:
    owner, leader, manager = aliased(Person), aliased(Person), aliased(Person)
    today: Any = cast(func.timezone(col(Site.time_zone), now()), Date)
    leaders: Any = func.array(
        select(col(leader.id))
        .where(
            col(leader.site_id) == col(owner.site_id),
            col(leader.team_id) == col(owner.team_id),
            col(leader.role) == Role.LEADER,
            col(leader.active),
        )
        .scalar_subquery()
    )
    managers: Any = func.array(
        select(col(manager.id))
        .where(
            col(manager.site_id) == col(Rectification.site_id),
            col(manager.role) == Role.MANAGER,
            col(manager.active),
        )
        .scalar_subquery()
    )
    found = await session.execute(
        select(
            Rectification,
            today,
            col(owner.team_id),
            leaders,
            managers,
            col(RectificationPolicy.recurrence_days),
            col(RectificationPolicy.managers_after_days),
        )
        .join(Site, col(Site.id) == col(Rectification.site_id))
        .outerjoin(RectificationPolicy, col(RectificationPolicy.site_id) == col(Rectification.site_id))
        .join(owner, col(owner.id) == col(Rectification.owner_id))
        .where(
            col(Rectification.state).in_(WORKABLE),
            col(Rectification.deadline) < now(),
            or_(col(Rectification.overdue_told_on).is_(None), col(Rectification.overdue_told_on) < today),
        )
        .order_by(col(Rectification.deadline))
        .limit(AT_ONCE)
        .with_for_update(of=Rectification, skip_locked=True)
    )
    return [
        _Late(late, day, team_id, {Role.LEADER: led_by, Role.MANAGER: managed_by}, policy_from(*policy))
        for late, day, team_id, led_by, managed_by, *policy in found
    ]
