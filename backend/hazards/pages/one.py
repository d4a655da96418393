"""``/rectifications/{id}``: the whole story of one, and the next step for who looks.

Each step is a plain form (``steps``). A refused one shows the page again with a sentence beside it and what was typed.
"""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import Refusal
from backend.core.routing import APIRouter
from backend.exclusions.models import RecordKind
from backend.exclusions.queries import exclusion_of
from backend.hazards import origins, plan, queries
from backend.hazards.lifecycle import Step, expected
from backend.hazards.queries import Story, somebody
from backend.hazards.queries.recurrence import policy_of
from backend.hazards.wording import DEEDS, DONE, STATES, STEPS, TONES
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications/{rectification_id}")

VERBS = {
    Step.STARTED: "start",
    Step.PROGRESS: "progress",
    Step.SUBMITTED: "submit",
    Step.RETURNED: "return",
    Step.VERIFIED: "verify",
    Step.REASSIGNED: "reassign",
    Step.CANCELLED: "cancel",
    Step.EXTENSION_ASKED: "extension",
    Step.EXTENDED: "extend",
    Step.EXTENSION_REFUSED: "refuse-extension",
    Step.URGED: "urge",
}
"""Last part of the address a step is posted to."""
_ACTS = (Step.STARTED, Step.PROGRESS, Step.SUBMITTED, Step.RETURNED, Step.VERIFIED)
"""Steps that share one form with words and photos; the others have forms of their own."""


@dataclass(frozen=True)
class Tried:
    """A step that was refused, and what had been typed: words, and the form's own fields by name."""

    step: Step
    note: str
    refused: Refusal
    fields: dict[str, str] = field(default_factory=dict)


@router.get("", dependencies=[allow("rectifications.see")])
@alike
async def one_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    rectification_id: int,
    done: str = "",
    seen: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> Response:
    """The page. ``seen`` is the version an open page shows: htmx asks with it whether there is news."""
    said = DONE[Step(done)] if done in set(Step) else ""
    return await page(request, session, actor, rectification_id, done=said, seen=seen)


async def page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    *,
    done: str = "",
    seen: int | None = None,
    tried: Tried | None = None,
) -> Response:
    """The page, with what was done or why it was refused; htmx gets its news alone."""
    story = await queries.story(session, actor, rectification_id)
    main = expected(story.case, somebody(actor))
    response: Response = render(
        request,
        "hazards/rectification.html",
        block="news" if request.headers.get("hx-target") == "rectification-news" else None,
        story=story,
        one=story.rectification,
        main=main,
        acts=[step for step in _ACTS if step in story.can],
        verbs=VERBS,
        candidates=await origins.candidates(session, actor) if Step.REASSIGNED in story.can else [],
        states=STATES,
        tones=TONES,
        steps=STEPS,
        deeds=DEEDS,
        most=plan.MOST_LETTERS["note"],
        key=form_key(),
        excluded=await exclusion_of(session, actor, RecordKind.RECTIFICATION, rectification_id),
        done=done,
        wanted=plan.typed_deadline(plan.later_deadline(story.rectification.deadline, now(), actor.zone)),
        recurs=await _may_recur(session, actor, story),
        news=seen is not None and seen != story.rectification.version,
        tried=tried,
        errors=tried.refused.errors if tried else {},
    )
    response.status_code = tried.refused.status if tried else 200
    return response


async def _may_recur(session: AsyncSession, actor: Actor, story: Story) -> bool:
    """Whether the actor may open it again because its hazard has come back."""
    verified_at = story.rectification.verified_at
    if verified_at is None or story.relatives.whole or not actor.can("rectifications.open"):
        return False
    return (await policy_of(session, actor)).counts_as_recurrence(verified_at, now())
