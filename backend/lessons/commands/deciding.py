"""Adopt a suggestion, as it is or changed, or decline it: once, with the reason kept."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.lessons.commands.landing import Choice, land
from backend.lessons.models import Suggestion, SuggestionState

MOST_LETTERS = 1000

__all__ = ["Choice", "adopt", "decline"]


async def adopt(session: AsyncSession, actor: Actor, suggestion_id: int, choice: Choice) -> Suggestion:
    """Make the change in this transaction, with a link back.

    Raises Forbidden, NotFound, Conflict when it was decided already, Invalid by field, and what the change itself does.
    """
    require(actor, "lessons.decide")
    one = await _open(session, actor, suggestion_id)
    landed = await land(session, actor, one, choice)
    one.landed_kind, one.landed_id = landed.kind, landed.id
    state = SuggestionState.ADOPTED if landed.as_suggested else SuggestionState.ADAPTED
    return await _decided(session, actor, one, state, choice.reason)


async def decline(session: AsyncSession, actor: Actor, suggestion_id: int, reason: str) -> Suggestion:
    """Leave it, and say why. Raises Forbidden, NotFound, Conflict, Invalid without a reason."""
    require(actor, "lessons.decide")
    one = await _open(session, actor, suggestion_id)
    if not reason.strip():
        raise Invalid(fields={"reason": N_("请写明不采纳的原因")})
    return await _decided(session, actor, one, SuggestionState.DECLINED, reason)


async def _open(session: AsyncSession, actor: Actor, suggestion_id: int) -> Suggestion:
    one = await get_visible(session, actor, Suggestion, suggestion_id, lock=True)
    if one.state != SuggestionState.OPEN:
        raise Conflict(N_("这条建议已有决定，请查看最新情况"))
    return one


async def _decided(
    session: AsyncSession, actor: Actor, one: Suggestion, state: SuggestionState, reason: str
) -> Suggestion:
    if len(reason) > MOST_LETTERS:
        raise Invalid(fields={"reason": N_("内容太长，请精简")})
    one.state, one.reason = state, reason.strip()
    one.decided_at, one.decided_by = now(), actor.person_id
    session.add(one)
    await session.flush()
    change = {"state": [SuggestionState.OPEN, state], "landed": [None, f"{one.landed_kind}:{one.landed_id}"]}
    await record_change(session, actor, f"suggestion.{state}", "lesson_suggestion", one.id, change)
    await record_event(
        session,
        site_id=one.site_id,
        kind=f"suggestion.{state}",
        subject="lesson",
        subject_id=one.id,
        story=f"suggestion:{one.id}",
        actor_id=actor.person_id,
        data={
            "title_zh": f"建议已有决定：{one.words}",
            "title_en": f"Suggestion decided: {one.words_en}",
            "url": f"/lessons/suggestions/{one.id}",
        },
    )
    return one
