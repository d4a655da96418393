"""Writes maintenance into the event log: planned, changed, done, due soon, late."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder
from backend.identity.permissions import visible
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord
from backend.maintenance.patience import News
from backend.plant.models import Equipment

NEWS = {
    News.SOON: ("保养快到期", "Maintenance due soon"),
    News.LATE: ("保养已逾期", "Maintenance overdue"),
}
"""Stored with the event in both languages, so that it keeps the words it was told with."""


async def tell_planned(session: AsyncSession, actor: Actor, plan: MaintenancePlan, *, changed: bool = False) -> None:
    """Record ``maintenance.planned`` or ``.changed``; told are the holders of its post, but for who did it."""
    words = ("保养计划有改动", "Maintenance plan changed") if changed else ("新的保养计划", "New maintenance plan")
    held = select(col(PostHolder.person_id)).join(Person, col(Person.id) == col(PostHolder.person_id))
    holders = await session.scalars(
        held.where(
            visible(actor, PostHolder),
            col(PostHolder.post_id) == plan.post_id,
            col(PostHolder.until).is_(None),
            col(Person.active),
        )
    )
    told = set(holders) - {actor.person_id}
    await _tell(session, plan, "changed" if changed else "planned", words, told, actor)


async def tell_done(
    session: AsyncSession,
    actor: Actor,
    plan: MaintenancePlan,
    record: MaintenanceRecord,
    following: MaintenanceRecord | None,
) -> None:
    """Record ``maintenance.done``: open lists are drawn anew, nobody is disturbed."""
    next_on = following.due_on.isoformat() if following and following.due_on else None
    more: dict[str, Any] = {"number": record.number, "record_id": record.id, "next_due_on": next_on}
    await _tell(session, plan, "done", ("保养完成", "Maintenance done"), (), actor, more=more)


async def tell_news(
    session: AsyncSession,
    plan: MaintenancePlan,
    record: MaintenanceRecord,
    what: News,
    equipment: Equipment,
    told: Iterable[int],
) -> None:
    """Record ``maintenance.soon`` or ``.late`` for ``told``; a later one replaces the earlier on a phone."""
    due = record.due_on.isoformat() if record.due_on else None
    await _tell(session, plan, what, NEWS[what], told, None, equipment, {"record_id": record.id, "due_on": due})


async def _tell(
    session: AsyncSession,
    plan: MaintenancePlan,
    verb: str,
    words: tuple[str, str],
    told: Iterable[int],
    actor: Actor | None,
    equipment: Equipment | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    zh, en = words
    where, where_en = (f"{equipment.name} ", f"{equipment.name_en or equipment.name}: ") if equipment else ("", "")
    await record_event(
        session,
        site_id=plan.site_id,
        kind=f"maintenance.{verb}",
        subject="maintenance",
        subject_id=plan.id,
        actor_id=actor.person_id if actor else None,
        data={
            "title_zh": f"{zh}：{where}{plan.name}",
            "title_en": f"{en}: {where_en}{plan.name_en or plan.name}",
            "url": f"/maintenance/{plan.id}",
            "team_id": actor.team_id if actor else None,
            "told": sorted(set(told)),
            **(more or {}),
        },
    )
