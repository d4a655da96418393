"""What is done with feedback by those who answer it: take, assign, answer, decline, merge."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.feedback.draft import MOST_LETTERS
from backend.feedback.lifecycle import Step, check
from backend.feedback.models import OPEN, Feedback, State
from backend.feedback.telling import givers, leave
from backend.hazards.plan import tidy
from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person, Role
from backend.identity.permissions import require, system_query
from backend.identity.scoping import get_visible


async def take(session: AsyncSession, actor: Actor, feedback_id: int) -> Feedback:
    """Say that one looks after it. Raises NotFound, Forbidden, Conflict when somebody did."""
    one = await _held(session, actor, feedback_id, Step.TAKEN)
    one.state, one.assigned_to = State.WORKING, actor.person_id
    change = {"state": [str(State.RECEIVED), str(State.WORKING)], "assigned_to": [None, actor.name]}
    await leave(session, actor, one, Step.TAKEN, change, await givers(session, one))
    return one


async def assign(session: AsyncSession, actor: Actor, feedback_id: int, person_id: int | None) -> Feedback:
    """Let ``person_id`` answer it. Raises NotFound, Forbidden, Conflict, Invalid for who may not answer."""
    one = await _held(session, actor, feedback_id, Step.ASSIGNED)
    person = await _answerer(session, actor, person_id)
    before = one.state
    one.state, one.assigned_to = State.WORKING, person.id
    change = {"state": [before, str(State.WORKING)], "assigned_to": [None, person.name]}
    await leave(session, actor, one, Step.ASSIGNED, change, {person.id}, to_person_id=person.id)
    return one


async def answer(session: AsyncSession, actor: Actor, feedback_id: int, words: str) -> Feedback:
    """Answer it, and with it all that was merged into it; who gave them hears. A further answer adds to the first.

    Raises NotFound, Forbidden, Conflict for something merged, Invalid without words.
    """
    return await _close(session, actor, feedback_id, Step.ANSWERED, State.ANSWERED, words, N_("请写答复"))


async def decline(session: AsyncSession, actor: Actor, feedback_id: int, words: str) -> Feedback:
    """Say that it won't be done, and why. Raises as ``answer``."""
    return await _close(session, actor, feedback_id, Step.DECLINED, State.DECLINED, words, N_("不采纳必须写明理由"))


async def merge(session: AsyncSession, actor: Actor, feedback_id: int, into_id: int | None) -> Feedback:
    """Count it to another: its giver gets that one's answer, at once if there is one.

    Raises NotFound, Forbidden, Conflict, Invalid for one that isn't there or was merged itself.
    """
    one = await _held(session, actor, feedback_id, Step.MERGED)
    try:
        main = await get_visible(session, actor, Feedback, into_id or 0, lock=True)
    except NotFound:
        raise Invalid(fields={"into": N_("请选择并入哪一条")}) from None
    if main.id == one.id or main.state == State.MERGED:
        raise Invalid(fields={"into": N_("请选择并入哪一条")})
    before = one.state
    one.state, one.merged_into_id, one.due_at, one.remind_at = State.MERGED, main.id, None, None
    await _move_joined(session, actor, one.id, main.id)
    change = {"state": [before, str(State.MERGED)], "note": [None, main.number]}
    answered = main.state not in OPEN
    if answered and one.answered_at is None:
        one.answered_at = now()
    await leave(session, actor, one, Step.MERGED, change, {one.person_id}, words=main.number)
    return one


async def _held(session: AsyncSession, actor: Actor, feedback_id: int, step: Step) -> Feedback:
    """The feedback, locked, if ``step`` may be taken now."""
    require(actor, "feedback.answer")
    one = await get_visible(session, actor, Feedback, feedback_id, lock=True)
    check(step, one.state, one.state, own=one.person_id == actor.person_id, answers=True)
    return one


async def _close(
    session: AsyncSession, actor: Actor, feedback_id: int, step: Step, state: State, words: str, missing: str
) -> Feedback:
    one = await _held(session, actor, feedback_id, step)
    words = tidy(words)
    if not words or len(words) > MOST_LETTERS:
        raise Invalid(fields={"words": N_("内容太长，请精简") if words else missing})
    before, at = one.state, now()
    one.state, one.remind_at = state, None
    one.assigned_to = one.assigned_to or actor.person_id
    one.answered_at = one.answered_at or at
    await _stamp_joined(session, actor, one.id)
    change = {"state": [before, str(state)], "note": [None, words]}
    await leave(session, actor, one, step, change, await givers(session, one), words=words)
    return one


async def _answerer(session: AsyncSession, actor: Actor, person_id: int | None) -> Person:
    try:
        person = await get_visible(session, actor, Person, person_id or 0)
    except NotFound:
        raise Invalid(fields={"person": N_("请选择由谁答复")}) from None
    if not person.active or Role(person.role) not in CAPABILITIES["feedback.answer"]:
        raise Invalid(fields={"person": N_("请选择由谁答复")})
    return person


@system_query("follows one that the actor holds")
async def _stamp_joined(session: AsyncSession, actor: Actor, main_id: int) -> None:
    """What was merged is answered with the main one."""
    await session.execute(
        update(Feedback)
        .where(
            col(Feedback.site_id) == actor.site_id,
            col(Feedback.merged_into_id) == main_id,
            col(Feedback.answered_at).is_(None),
        )
        .values(answered_at=now())
    )


@system_query("follows one that the actor holds")
async def _move_joined(session: AsyncSession, actor: Actor, from_id: int, to_id: int) -> None:
    """What was merged into it goes along, so that nothing hangs on something merged."""
    await session.execute(
        update(Feedback)
        .where(col(Feedback.site_id) == actor.site_id, col(Feedback.merged_into_id) == from_id)
        .values(merged_into_id=to_id)
    )
