"""Writes a rectification's steps into the event log, into the story of the alarm it came from."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.events import record_event
from backend.hazards.lifecycle import GOVERNING, Case, Somebody, Step, may_extend, may_verify
from backend.hazards.models import Rectification
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import visible

TITLES = {
    Step.OPENED: ("开出整改", "Rectification opened"),
    Step.STARTED: ("开始整改", "Rectification started"),
    Step.PROGRESS: ("整改进展", "Rectification progress"),
    Step.SUBMITTED: ("整改待验收", "Rectification to verify"),
    Step.VERIFIED: ("整改验收通过", "Rectification verified"),
    Step.RETURNED: ("整改被退回", "Rectification returned"),
    Step.REASSIGNED: ("整改改派", "Rectification reassigned"),
    Step.CANCELLED: ("整改取消", "Rectification cancelled"),
    Step.EXTENSION_ASKED: ("申请延期", "Extension requested"),
    Step.EXTENDED: ("同意延期", "Extension granted"),
    Step.EXTENSION_REFUSED: ("不同意延期", "Extension refused"),
    Step.SPLIT: ("整改拆分", "Rectification split"),
    Step.JOINED: ("整改全部完成", "Rectification complete"),
    Step.URGED: ("整改催办", "Rectification pressed for"),
}
OVERDUE = ("整改逾期", "Rectification overdue")
"""Stored with the event in both languages, so that a timeline keeps the words it was told with."""


async def tell(
    session: AsyncSession,
    rectification: Rectification,
    verb: str,
    words: tuple[str, str],
    *,
    team_id: int | None,
    actor_id: int | None = None,
    told: Iterable[int] = (),
    note: str = "",
    photos: Iterable[int] = (),
) -> None:
    """Record ``rectification.<verb>``; ``told`` are the ids of those whom it concerns, the actor left out.

    ``team_id`` is the owner's team, whose workers may see it.
    """
    zh, en = words
    data: dict[str, Any] = {
        "title_zh": f"{zh} {rectification.number}：{rectification.title}",
        "title_en": f"{en} {rectification.number}: {rectification.title}",
        "url": f"/rectifications/{rectification.id}",
        "number": rectification.number,
        "note": note,
        "photos": list(photos),
        "team_id": team_id,
        "told": sorted(set(told) - {actor_id}),
    }
    await record_event(
        session,
        site_id=rectification.site_id,
        kind=f"rectification.{verb}",
        subject="rectification",
        subject_id=rectification.id,
        story=f"alarm:{rectification.alarm_id}" if rectification.alarm_id else "",
        level=rectification.level,
        actor_id=actor_id,
        data=data,
    )


async def concerned(session: AsyncSession, actor: Actor, case: Case, step: Step) -> set[int]:
    """Ids of those who should hear of ``step``: who has to act next, and who is waiting for it."""
    if step is Step.SUBMITTED:
        return await _verifiers(session, actor, case)
    if step in {Step.STARTED, Step.PROGRESS}:
        return {case.opened_by}
    if step is Step.EXTENSION_ASKED:
        return await _extenders(session, actor, case)
    if step is Step.URGED:
        return {case.owner_id}
    return {case.owner_id, case.opened_by}


async def _verifiers(session: AsyncSession, actor: Actor, case: Case) -> set[int]:
    """Who can verify and is near it: the opener, the team's leaders, and who governs when it is major."""
    near = [col(Person.id) == case.opened_by]
    if case.level == Level.MAJOR:
        near.append(col(Person.role).in_(GOVERNING))
    if case.owner_team_id is not None:
        near.append((col(Person.role) == Role.LEADER) & (col(Person.team_id) == case.owner_team_id))
    found = await _who_can(session, actor, case, or_(*near))
    return found or await _who_can(session, actor, case, col(Person.role).in_(GOVERNING))


async def _extenders(session: AsyncSession, actor: Actor, case: Case) -> set[int]:
    """Who can answer a request for an extension: who opened it, else the managers."""
    opener = await _who_can(session, actor, case, col(Person.id) == case.opened_by, may_extend)
    return opener or await _who_can(session, actor, case, col(Person.role) == Role.MANAGER, may_extend)


async def _who_can(
    session: AsyncSession,
    actor: Actor,
    case: Case,
    condition: Any,
    may: Callable[[Case, Somebody], bool] = may_verify,
) -> set[int]:
    people = await session.execute(
        select(col(Person.id), col(Person.role), col(Person.team_id)).where(
            visible(actor, Person), col(Person.active), condition
        )
    )
    return {id_ for id_, role, team_id in people if may(case, Somebody(id_, Role(role), team_id))}
