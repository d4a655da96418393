"""What becomes of a rectification that was split, when its parts are closed one after the other."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.lifecycle import FINAL, Step, whole_after
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.queries import case_of
from backend.hazards.recording import Sent, write_down
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import system_query


async def settle(session: AsyncSession, actor: Actor, whole_id: int) -> None:
    """Close the whole when the last of its parts is verified, give it back to its owner when all were cancelled.

    ``actor`` closed a part. The caller holds the lock on the whole, so that of two parts closed at once one is last.
    """
    whole, team_id = await _whole(session, whole_id)
    if whole.state != RectificationState.SPLIT:
        return
    state = whole_after(await _states_of_parts(session, whole_id))
    if state is None:
        return
    step = Step.JOINED if state is RectificationState.VERIFIED else Step.RETURNED
    change = {"state": [str(whole.state), str(state)]}
    whole.state = state
    whole.version += 1
    if step is Step.JOINED:
        whole.verified_at, whole.verified_by = now(), actor.person_id
    await write_down(session, actor, whole, case_of(whole, team_id), step, Sent(), change)


@system_query("who closes the last part needn't be one who may see the whole")
async def _whole(session: AsyncSession, whole_id: int) -> tuple[Rectification, int | None]:
    row = (
        await session.execute(
            select(Rectification, col(Person.team_id))
            .join(Person, col(Person.id) == col(Rectification.owner_id))
            .where(col(Rectification.id) == whole_id)
            .with_for_update(of=Rectification)
            .execution_options(populate_existing=True)
        )
    ).one()
    return row[0], row[1]


@system_query("all parts count, also those that who closes the last one may not see")
async def _states_of_parts(session: AsyncSession, whole_id: int) -> list[RectificationState]:
    await session.flush()
    found = await session.scalars(select(col(Rectification.state)).where(col(Rectification.parent_id) == whole_id))
    return [RectificationState(state) for state in found]


async def cancel_parts(session: AsyncSession, actor: Actor, whole_id: int, note: str) -> None:
    """Cancel what is still open of a whole that has been cancelled; ``note`` says why."""
    for part, team_id in await _open_parts(session, whole_id):
        change = {"state": [str(part.state), str(RectificationState.CANCELLED)]}
        part.state = RectificationState.CANCELLED
        part.extension_by = part.wanted_deadline = None
        part.version += 1
        await write_down(session, actor, part, case_of(part, team_id), Step.CANCELLED, Sent(note=note), change)


@system_query("a whole is cancelled with all its parts, also those that who cancels it may not see")
async def _open_parts(session: AsyncSession, whole_id: int) -> list[tuple[Rectification, int | None]]:
    found = await session.execute(
        select(Rectification, col(Person.team_id))
        .join(Person, col(Person.id) == col(Rectification.owner_id))
        .where(col(Rectification.parent_id) == whole_id, col(Rectification.state).not_in(FINAL))
        .order_by(col(Rectification.id))
        .with_for_update(of=Rectification)
        .execution_options(populate_existing=True)
    )
    return [(part, team_id) for part, team_id in found]
