"""Splitting a rectification into parts, each with an owner and a deadline of its own; the whole waits for all."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.hazards import plan
from backend.hazards.commands.taking import locked, owner_named, take, visible_one
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.queries import case_of, open_parts
from backend.hazards.queries.numbers import next_number
from backend.hazards.recording import Sent, first_id, write_down
from backend.hazards.telling import PARTS_DONE, tell
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import system_query


async def split(
    session: AsyncSession, actor: Actor, rectification_id: int, wanted: plan.Part, sent: Sent
) -> Rectification:
    """Give a part of it to somebody; level and place stay those of the whole. Gives the part.

    Raises Invalid (by field), NotFound, Conflict, Forbidden.
    """
    whole, _ = await locked(session, actor, rectification_id)
    known = await first_id(session, actor, sent, "split", {"id": rectification_id, "title": wanted.title})
    if known is not None:
        return await visible_one(session, actor, known)
    plan.check(
        plan.Plan(wanted.title, wanted.measure, wanted.owner_id, wanted.deadline, whole.level),
        now(),
    )
    if wanted.deadline > whole.deadline:
        raise Invalid(fields={"deadline": N_("子整改的期限不能晚于原整改")})
    owner = await owner_named(session, actor, wanted.owner_id)
    part = Rectification(
        site_id=actor.site_id,
        number=await next_number(session, actor),
        parent_id=whole.id,
        alarm_id=whole.alarm_id,
        equipment_id=whole.equipment_id,
        area_id=whole.area_id,
        level=whole.level,
        title=plan.tidy(wanted.title),
        measure=plan.tidy(wanted.measure),
        owner_id=owner.id,
        deadline=wanted.deadline,
        opened_by=actor.person_id,
    )
    await take(
        session, actor, rectification_id, Step.SPLIT, Sent(note=f"{part.number} {part.title}", version=sent.version)
    )
    session.add(part)
    await session.flush()
    change = {"title": [None, part.title], "owner_id": [None, owner.id], "parent_id": [None, whole.id]}
    await write_down(session, actor, part, case_of(part, owner.team_id), Step.OPENED, sent, change)
    return part


@system_query("whose part ends may not see the whole, but its owner is told")
async def tell_when_all_parts_ended(session: AsyncSession, whole_id: int) -> None:
    """Tell the owner of the whole when its last open part has ended. Two that end at once wait for each other."""
    whole, team_id = (
        await session.execute(
            select(Rectification, col(Person.team_id))
            .join(Person, col(Person.id) == col(Rectification.owner_id))
            .where(col(Rectification.id) == whole_id)
            .with_for_update(of=Rectification)
        )
    ).one()
    await session.flush()
    if await open_parts(session, whole_id) == 0:
        await tell(session, whole, "parts_done", PARTS_DONE, team_id=team_id, told={whole.owner_id, whole.opened_by})
