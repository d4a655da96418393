"""How each step on a rectification goes: lock it, know a repeat, check, change, write down, settle its whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.hazards import lifecycle, origins, plan
from backend.hazards.lifecycle import FINAL, Case, Step
from backend.hazards.models import Rectification
from backend.hazards.queries import case_of, somebody
from backend.hazards.recording import Sent, first_id, write_down
from backend.hazards.whole import settle
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible

_ENDS_THE_REQUEST = frozenset({Step.SUBMITTED, Step.REASSIGNED, Step.CANCELLED, Step.SPLIT})
"""Steps after which nobody waits for an answer to a request for an extension any more."""


@dataclass(frozen=True)
class Locked:
    """A rectification that nobody else changes until the transaction ends, as the rules see it too."""

    rectification: Rectification
    case: Case


@dataclass(frozen=True)
class Effects:
    """What a step does besides moving the state, and what tells its repeat from another request."""

    change: Callable[[Rectification], None] | None = None
    new_owner: Person | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    deadline: datetime | None = None
    """The deadline the step is about, kept with its entry."""


async def take(
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    step: Step,
    sent: Sent,
    effects: Effects | None = None,
) -> Rectification:
    """Take ``step``; a repeat changes nothing. Raises NotFound, Conflict (state or version), Forbidden, Invalid."""
    effects = effects or Effects()
    found = await locked(session, actor, rectification_id)
    rectification, owner = found.rectification, effects.new_owner
    request = {"id": rectification_id, "note": sent.note, **effects.request}
    if await first_id(session, actor, sent, step, request) is not None:
        return rectification
    if sent.version is not None and sent.version != rectification.version:
        raise Conflict(N_("刚才有人更新了这条整改，请查看最新情况后再操作"))
    before = _tracked(rectification)
    rectification.state = lifecycle.take(step, found.case, somebody(actor))
    if step in _ENDS_THE_REQUEST:
        rectification.extension_by = rectification.wanted_deadline = None
    if effects.change:
        effects.change(rectification)
    if step is not Step.URGED:  # changes nothing: what its owner is filling in stays good
        rectification.version += 1
    after = _tracked(rectification)
    case = case_of(rectification, owner.team_id if owner else found.case.owner_team_id, found.case.whole_owner_id)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    told = {before["owner_id"]} | ({found.case.extension_by} if found.case.extension_by else set())
    await write_down(
        session, actor, rectification, case, step, sent, changed, also_tell=told, deadline=effects.deadline
    )
    if rectification.parent_id and rectification.state in FINAL:
        await settle(session, actor, rectification.parent_id)
    return rectification


def _tracked(rectification: Rectification) -> dict[str, Any]:
    return {
        "state": str(rectification.state),
        "owner_id": rectification.owner_id,
        "deadline": rectification.deadline.isoformat(),
    }


async def visible_one(session: AsyncSession, actor: Actor, rectification_id: int) -> Rectification:
    """A rectification that is known to be there."""
    found = await session.execute(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
    )
    return found.scalar_one()


async def locked(session: AsyncSession, actor: Actor, rectification_id: int) -> Locked:
    """The rectification, locked until the transaction ends; its whole before it, so that two never wait for each other.

    Raises NotFound, also for one that ``actor`` may not see.
    """
    parent_id = await session.scalar(
        select(col(Rectification.parent_id)).where(
            visible(actor, Rectification), col(Rectification.id) == rectification_id
        )
    )
    whole = await _lock(session, actor, parent_id) if parent_id else None
    row = await _lock(session, actor, rectification_id)
    if row is None:
        raise NotFound()
    rectification, team_id = row
    return Locked(rectification, case_of(rectification, team_id, whole[0].owner_id if whole else None))


async def _lock(session: AsyncSession, actor: Actor, rectification_id: int) -> tuple[Rectification, int | None] | None:
    """It and its owner's team."""
    row = (
        await session.execute(
            select(Rectification, col(Person.team_id))
            .join(Person, col(Person.id) == col(Rectification.owner_id))
            .where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
            .with_for_update(of=Rectification)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def owner_of(session: AsyncSession, actor: Actor, person_id: int, field_name: str = "owner_id") -> Person:
    """The person as an owner. Raises Invalid beside ``field_name``."""
    owner = await origins.owner(session, actor, person_id)
    if owner is None:
        raise Invalid(fields={field_name: N_("请选择在岗的责任人")})
    return owner


def need_evidence(sent: Sent, words: str) -> None:
    """Raise Invalid with ``words`` when neither words nor pictures came."""
    if not plan.tidy(sent.note) and not sent.pictures:
        raise Invalid(fields={"note": words})


def need_note(sent: Sent, words: str) -> None:
    """Raise Invalid with ``words`` when nothing was written."""
    if not plan.tidy(sent.note):
        raise Invalid(fields={"note": words})
