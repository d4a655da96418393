"""Reminds of rectifications whose deadline has passed: once a day each. The worker role calls it."""

from datetime import date
from typing import Any

from sqlalchemy import Date, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.lifecycle import WORKABLE
from backend.hazards.models import Rectification
from backend.hazards.plan import concerns_managers
from backend.hazards.telling import OVERDUE, tell
from backend.identity.models import Person, Role, Site
from backend.identity.permissions import system_query

AT_ONCE = 200
_Late = tuple[Rectification, date, int | None, list[int], list[int]]
"""One that is late, its site's day, its owner's team, that team's leaders and the site's managers."""


async def remind_overdue(session: AsyncSession) -> int:
    """Record ``rectification.overdue`` for each late one not yet told of on its site's present day.

    Told are its owner, the leaders of the owner's team, who opened it and, when it is late by more than its
    level bears, the managers. Gives how many; call again
    while it is ``AT_ONCE``. Two workers at once share the work.
    """
    late = await _late_and_untold(session)
    for rectification, today, team_id, leaders, managers in late:
        rectification.overdue_told_on = today
        told = {rectification.owner_id, rectification.opened_by, *leaders}
        if concerns_managers(rectification.level, rectification.deadline, now()):
            told.update(managers)
        await tell(session, rectification, "overdue", OVERDUE, team_id=team_id, told=told)
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
        select(Rectification, today, col(owner.team_id), leaders, managers)
        .join(Site, col(Site.id) == col(Rectification.site_id))
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
    return [(late, day, team_id, led_by, managed_by) for late, day, team_id, led_by, managed_by in found]
