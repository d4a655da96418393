"""The steps of the work itself: start, report, submit, verify, return, reassign, cancel, urge.

``version`` is what the person saw; another one now means that somebody was faster. A repeated
``idempotency_key`` does nothing and gives what the first one made.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.hazards import plan
from backend.hazards.commands.splitting import tell_when_all_parts_ended
from backend.hazards.commands.taking import locked, owner_named, take
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification, RectificationEntry, RectificationState
from backend.hazards.recording import Sent
from backend.identity.actor import Actor
from backend.identity.permissions import visible

URGE_AGAIN_AFTER = timedelta(hours=1)


async def start(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Begin the work; photos are of before. Raises NotFound, Conflict, Forbidden."""

    def begin(rectification: Rectification) -> None:
        rectification.started_at = now()

    return await take(session, actor, rectification_id, Step.STARTED, sent, begin)


async def report_progress(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Tell how far it is. Raises Invalid without words or photo, NotFound, Conflict, Forbidden."""
    _need_evidence(sent, N_("请写明进展，或附上照片"))
    return await take(session, actor, rectification_id, Step.PROGRESS, sent)


async def submit(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Hand it in for verification with words or photos of after. Raises as ``report_progress``."""
    _need_evidence(sent, N_("请写明做了什么，或附上整改后的照片"))

    def hand_in(rectification: Rectification) -> None:
        rectification.submitted_at = now()
        rectification.submitted_by = actor.person_id

    return await take(session, actor, rectification_id, Step.SUBMITTED, sent, hand_in)


async def verify(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Close it as done, by a second person. Raises NotFound, Conflict, Forbidden."""

    def close(rectification: Rectification) -> None:
        rectification.verified_at = now()
        rectification.verified_by = actor.person_id

    return await _ended(session, await take(session, actor, rectification_id, Step.VERIFIED, sent, close))


async def return_for_rework(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Send it back with the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    _need_note(sent, N_("请写明退回的原因"))
    return await take(session, actor, rectification_id, Step.RETURNED, sent)


async def reassign(
    session: AsyncSession, actor: Actor, rectification_id: int, owner_id: int, sent: Sent
) -> Rectification:
    """Give it to another owner, who starts anew. Raises Invalid, NotFound, Conflict, Forbidden."""
    await locked(session, actor, rectification_id)
    owner = await owner_named(session, actor, owner_id)

    def hand_over(rectification: Rectification) -> None:
        rectification.owner_id = owner.id
        if rectification.state == RectificationState.IN_PROGRESS:
            rectification.state = RectificationState.OPEN

    return await take(session, actor, rectification_id, Step.REASSIGNED, sent, hand_over, new_owner=owner)


async def cancel(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Drop it, with the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    _need_note(sent, N_("请写明取消的原因"))
    return await _ended(session, await take(session, actor, rectification_id, Step.CANCELLED, sent))


async def urge(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Remind its owner by hand, once an hour at most. Raises NotFound, Conflict, Forbidden."""
    await locked(session, actor, rectification_id)
    lately = await _urged_since(session, actor, rectification_id, now() - URGE_AGAIN_AFTER)

    def refuse_a_second(_: Rectification) -> None:
        if lately:
            raise Conflict(N_("一小时内已经催办过"))

    return await take(session, actor, rectification_id, Step.URGED, sent, refuse_a_second)


async def _ended(session: AsyncSession, part: Rectification) -> Rectification:
    """``part``; when it was the last open one of a whole, the whole's owner is told."""
    if part.parent_id is not None:
        await tell_when_all_parts_ended(session, part.parent_id)
    return part


async def _urged_since(session: AsyncSession, actor: Actor, rectification_id: int, since: datetime) -> bool:
    found = await session.execute(
        select(col(RectificationEntry.id))
        .where(
            visible(actor, RectificationEntry),
            col(RectificationEntry.rectification_id) == rectification_id,
            col(RectificationEntry.kind) == Step.URGED,
            col(RectificationEntry.created_at) > since,
        )
        .limit(1)
    )
    return found.first() is not None


def _need_evidence(sent: Sent, words: str) -> None:
    if not plan.tidy(sent.note) and not sent.pictures:
        raise Invalid(fields={"note": words})


def _need_note(sent: Sent, words: str) -> None:
    if not plan.tidy(sent.note):
        raise Invalid(fields={"note": words})
