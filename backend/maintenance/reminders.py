"""Tells people of maintenance that is due soon or late. The worker role calls it."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Date, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.models import Person, PostHolder, Role, Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import runs
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord, is_open
from backend.maintenance.patience import AGAIN_DAYS, TELLS_FROM_HOUR, News, news, rungs
from backend.maintenance.telling import tell_news
from backend.plant.models import Area, Equipment

AT_ONCE = 200


@system_query("the worker reminds on all sites")
async def remind_of_maintenance(session: AsyncSession) -> int:
    """Record ``maintenance.soon`` once for each that is due soon, and ``maintenance.late`` every ``AGAIN_DAYS``.

    The day is kept with the record in the same transaction, so that a restart tells nobody twice; two workers at once
    share the work. Gives how many; call again while it is ``AT_ONCE``.
    """
    local: Any = func.timezone(col(Site.time_zone), now())
    today: Any = cast(local, Date)
    due, notice = col(MaintenanceRecord.due_on), col(MaintenancePlan.notice_days)
    late_told, soon_told = col(MaintenanceRecord.late_told_on), col(MaintenanceRecord.soon_told_on)
    rows = await session.execute(
        select(MaintenanceRecord, MaintenancePlan, Equipment, col(Area.team_id), today)
        .join(MaintenancePlan, col(MaintenancePlan.id) == col(MaintenanceRecord.plan_id))
        .join(Equipment, col(Equipment.id) == col(MaintenanceRecord.equipment_id))
        .join(Site, col(Site.id) == col(MaintenanceRecord.site_id))
        .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
        .where(
            is_open(),
            col(Equipment.retired_at).is_(None),
            runs(col(MaintenanceRecord.site_id), Module.MAINTENANCE),
            func.extract("hour", local) >= TELLS_FROM_HOUR,
            or_(
                (due < today) & or_(late_told.is_(None), late_told + AGAIN_DAYS <= today),
                (due >= today) & (due - notice <= today) & soon_told.is_(None),
            ),
        )
        .order_by(due, col(MaintenanceRecord.id))
        .limit(AT_ONCE)
        .with_for_update(of=MaintenanceRecord, skip_locked=True)
    )
    found = rows.all()
    for record, plan, equipment, team_id, day in found:
        await _tell(session, record, plan, equipment, team_id, day)
    return len(found)


async def _tell(
    session: AsyncSession,
    record: MaintenanceRecord,
    plan: MaintenancePlan,
    equipment: Equipment,
    team_id: int | None,
    today: date,
) -> None:
    if record.due_on is None:
        return
    what = news(record.due_on, plan.notice_days, record.soon_told_on, record.late_told_on, today)
    if what is None:
        return
    if what is News.LATE:
        record.late_told_on = today
    else:
        record.soon_told_on = today
    told = await _concerned(session, plan, team_id, rungs(what, record.due_on, today))
    await tell_news(session, plan, record, what, equipment, told)


@system_query("the worker reminds on all sites")
async def _concerned(
    session: AsyncSession, plan: MaintenancePlan, area_team: int | None, above: list[Role]
) -> set[int]:
    """The holders of the plan's post and those ``above`` them; where nobody holds it, who leads the area's team, or
    who is above."""
    people = await session.execute(
        select(col(Person.id), col(Person.role), col(Person.team_id), col(PostHolder.id))
        .outerjoin(
            PostHolder,
            (col(PostHolder.person_id) == col(Person.id))
            & (col(PostHolder.post_id) == plan.post_id)
            & col(PostHolder.until).is_(None),
        )
        .where(col(Person.site_id) == plan.site_id, col(Person.active))
    )
    holders: dict[int, int | None] = {}
    by_role: dict[str, dict[int, int | None]] = defaultdict(dict)
    for person_id, role, team_id, held in people:
        by_role[role][person_id] = team_id
        if held is not None:
            holders[person_id] = team_id
    teams: set[int | None] = {team for team in holders.values() if team is not None} or {area_team}
    leaders = {person for person, team in by_role[Role.LEADER].items() if team in teams and team is not None}
    told: set[int] = set(holders) or set(leaders) or {*by_role[Role.MANAGER], *by_role[Role.SAFETY_OFFICER]}
    for role in above:
        told |= leaders if role is Role.LEADER else set(by_role[role])
    return told
