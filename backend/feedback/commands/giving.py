"""What the person does who gives feedback: give it, say whether the answer helped, open it again."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.files import store_picture
from backend.core.idempotency import keep_result
from backend.feedback import queries
from backend.feedback.deadlines import due_after, first_reminder
from backend.feedback.draft import MOST_LETTERS, Draft
from backend.feedback.lifecycle import Step, after_reopening, check
from backend.feedback.models import Feedback, FeedbackPhoto, Kind
from backend.feedback.telling import answering, leave, tell
from backend.hazards.numbering import next_number
from backend.hazards.plan import tidy
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible


async def give(session: AsyncSession, actor: Actor, draft: Draft) -> Feedback:
    """Say something of AnSu. A repeated ``idempotency_key`` gives the first one's feedback.

    Raises Invalid by field, Forbidden.
    """
    require(actor, "feedback.give")
    draft = draft.checked()
    first = await first_id(session, actor, Sent(idempotency_key=draft.idempotency_key), "feedback", _content(draft))
    if first is not None:
        return await get_visible(session, actor, Feedback, first)
    one = Feedback(
        site_id=actor.site_id,
        number=await next_number(session, actor.site_id, actor.zone, Feedback, "FK"),
        kind=draft.kind,
        words=draft.words,
        page=draft.page,
        device=draft.device,
        version=draft.version,
        locale=draft.locale,
        person_id=actor.person_id,
        role=actor.role,
        team_id=actor.team_id,
        captured_at=draft.captured_at if draft.captured_at and draft.captured_at <= now() else None,
    )
    if draft.kind != Kind.PRAISE:
        await _await_answer(session, actor, one)
        one.first_due_at = one.due_at
    session.add(one)
    await session.flush()
    for picture in draft.pictures:
        kept = asdict(await store_picture(picture))
        session.add(FeedbackPhoto(site_id=actor.site_id, feedback_id=one.id, **kept))
    await record_change(session, actor, "feedback.given", "feedback", one.id, {"kind": [None, str(one.kind)]})
    await tell(session, one, "given", await answering(session, actor.site_id), actor_id=actor.person_id)
    if draft.idempotency_key:
        await keep_result(session, actor.person_id, draft.idempotency_key, {"id": one.id})
    return one


async def rate(session: AsyncSession, actor: Actor, feedback_id: int, *, useful: bool) -> Feedback:
    """Say whether the answer helped. Raises NotFound, Forbidden, Conflict while there is none."""
    one, _ = await _answered(session, actor, feedback_id, Step.USEFUL if useful else Step.USELESS)
    if one.useful is useful:
        return one
    change = {"useful": [one.useful, useful]}
    one.useful = useful
    await leave(session, actor, one, Step.USEFUL if useful else Step.USELESS, change)
    return one


async def reopen(session: AsyncSession, actor: Actor, feedback_id: int, words: str) -> Feedback:
    """Say that it is not solved, and what is missing: it waits for an answer anew, on its own if it was merged.

    Raises NotFound, Forbidden, Conflict while it is open, Invalid without words.
    """
    one, main = await _answered(session, actor, feedback_id, Step.REOPENED)
    words = tidy(words)
    if not words or len(words) > MOST_LETTERS:
        raise Invalid(fields={"words": N_("内容太长，请精简") if words else N_("请写明还缺什么")})
    if main is not None:
        one.merged_into_id, one.assigned_to = None, main.assigned_to
    before, one.state = one.state, after_reopening(one.assigned_to is not None)
    one.useful = None
    await _await_answer(session, actor, one)
    told = {one.assigned_to} if one.assigned_to else await answering(session, actor.site_id)
    change = {"state": [before, str(one.state)], "note": [None, words]}
    await leave(session, actor, one, Step.REOPENED, change, told, words=words)
    return one


async def _answered(
    session: AsyncSession, actor: Actor, feedback_id: int, step: Step
) -> tuple[Feedback, Feedback | None]:
    """One's own that was answered, with the one it was merged into."""
    require(actor, "feedback.give")
    one = await get_visible(session, actor, Feedback, feedback_id, lock=True)
    card = await queries.card(session, actor, feedback_id)
    own = one.person_id == actor.person_id
    check(step, one.state, card.shown, own=own, answers=actor.can("feedback.answer"))
    return one, card.main


async def _await_answer(session: AsyncSession, actor: Actor, one: Feedback) -> None:
    days, free = await queries.answer_days(session, actor), await queries.holidays(session, actor)
    one.due_at = due_after(now(), days, actor.zone, free)
    one.remind_at = first_reminder(one.due_at, actor.zone)


def _content(draft: Draft) -> dict[str, Any]:
    """What makes two requests the same: all but their files, and the moment, which each sending works out anew."""
    return {"kind": draft.kind, "words": draft.words, "page": draft.page}
