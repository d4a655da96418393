"""How every step on a rectification is taken: locked, checked, changed, written down, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.hazards import lifecycle, origins
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.queries import case_of, open_parts, somebody
from backend.hazards.recording import Sent, first_id, write_down
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible


async def take(
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    step: Step,
    sent: Sent,
    change: Callable[[Rectification], None] | None = None,
    *,
    new_owner: Person | None = None,
    deadline: datetime | None = None,
) -> Rectification:
    """Let ``actor`` take ``step``, with what ``change`` makes of the row and the traces that every step leaves.

    ``deadline`` is what an extension is about. Raises NotFound, Conflict, Forbidden.
    """
    rectification, team_id = await locked(session, actor, rectification_id)
    request: dict[str, Any] = {"id": rectification_id, "note": sent.note}
    request |= {"owner_id": new_owner.id} if new_owner else {}
    request |= {"deadline": deadline} if deadline else {}
    if await first_id(session, actor, sent, step, request) is not None:
        return rectification
    if sent.version is not None and sent.version != rectification.version:
        raise Conflict(N_("刚才有人更新了这条整改，请查看最新情况后再操作"))
    before = _tracked(rectification)
    open_now = await open_parts(session, rectification_id)
    case_before = case_of(rectification, team_id, open_now)
    rectification.state = lifecycle.take(step, case_before, somebody(actor))
    if change:
        change(rectification)
    if step in lifecycle.ENDS_ASKING:
        rectification.asked_deadline = rectification.asked_by = None
    rectification.version += 1
    after = _tracked(rectification)
    case = case_of(rectification, new_owner.team_id if new_owner else team_id)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    also_tell = {before["owner_id"]} | ({case_before.asked_by} if case_before.asked_by else set())
    await write_down(session, actor, rectification, case, step, sent, changed, also_tell=also_tell, deadline=deadline)
    return rectification


def _tracked(rectification: Rectification) -> dict[str, Any]:
    return {
        "state": str(rectification.state),
        "owner_id": rectification.owner_id,
        "deadline": str(rectification.deadline),
        "asked_deadline": str(rectification.asked_deadline),
    }


async def visible_one(session: AsyncSession, actor: Actor, rectification_id: int) -> Rectification:
    found = await session.execute(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
    )
    return found.scalar_one()


async def locked(session: AsyncSession, actor: Actor, rectification_id: int) -> tuple[Rectification, int | None]:
    """The rectification and its owner's team, locked until the transaction ends. Raises NotFound."""
    row = (
        await session.execute(
            select(Rectification, col(Person.team_id))
            .join(Person, col(Person.id) == col(Rectification.owner_id))
            .where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
            .with_for_update(of=Rectification)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


async def owner_named(session: AsyncSession, actor: Actor, person_id: int) -> Person:
    owner = await origins.owner(session, actor, person_id)
    if owner is None:
        raise Invalid(fields={"owner_id": N_("请选择在岗的责任人")})
    return owner
