"""One feedback with its thread, as its giver and as those who answer see it."""

from collections.abc import Mapping

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import render
from backend.core.refusals import Refusal
from backend.feedback import queries
from backend.feedback.draft import MOST_LETTERS
from backend.feedback.models import OPEN, State
from backend.feedback.wording import DONE, KINDS, PICTURES, STATES, STEPS, TONES
from backend.identity.actor import Actor
from backend.identity.wording import ROLES


async def show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    feedback_id: int,
    *,
    done: str = "",
    template_id: int | None = None,
    refused: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """``template_id``: the ready answer to begin with. Raises NotFound."""
    refused = refused or Refusal()
    thread = await queries.thread(session, actor, feedback_id)
    one, answers = thread.card.feedback, actor.can("feedback.answer")
    ready = await queries.templates(session, actor) if answers else []
    begun = next((template.words for template in ready if template.id == template_id), "")
    own = one.person_id == actor.person_id
    response: Response = render(
        request,
        "feedback/one.html",
        thread=thread,
        card=thread.card,
        one=one,
        own=own,
        answers=answers,
        answerable=answers and one.state != State.MERGED,
        waits=one.state in OPEN,
        answered=thread.card.shown in {State.ANSWERED, State.DECLINED},
        templates=ready,
        people=await queries.answerers(session, actor) if answers and one.state in OPEN else [],
        joinable=await queries.joinable(session, actor, one) if answers and one.state in OPEN else [],
        typed={"words": begun, "missing": "", **(typed or {})},
        most=MOST_LETTERS,
        kinds=KINDS,
        pictures=PICTURES,
        states=STATES,
        tones=TONES,
        steps=STEPS,
        roles=ROLES,
        done=DONE.get(done, ""),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
