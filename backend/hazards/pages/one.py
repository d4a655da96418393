"""``/rectifications/{id}``: the whole story of one, and the next step for who looks.

Each step is a plain form. A refused one shows the page again with a sentence beside it and what was typed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.hazards import commands, origins, plan, queries
from backend.hazards.forms import StepForm, database_id
from backend.hazards.lifecycle import Step, expected
from backend.hazards.models import Rectification
from backend.hazards.pages.refusals import REFUSALS, Refusal, refusal
from backend.hazards.queries import somebody
from backend.hazards.recording import Sent
from backend.hazards.wording import DEEDS, DONE, STATES, STEPS, TONES
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications/{rectification_id}")

_VERBS = {
    Step.STARTED: "start",
    Step.PROGRESS: "progress",
    Step.SUBMITTED: "submit",
    Step.RETURNED: "return",
    Step.VERIFIED: "verify",
    Step.REASSIGNED: "reassign",
    Step.CANCELLED: "cancel",
}
"""Last part of the address a step is posted to."""
_ACTS = (Step.STARTED, Step.PROGRESS, Step.SUBMITTED, Step.RETURNED, Step.VERIFIED)
"""Steps that share one form with words and photos; the others have forms of their own."""

Command = Callable[[AsyncSession, Actor, int, Sent], Awaitable[Rectification]]


@dataclass
class Asked:
    """A step that somebody asks for, with the form they sent."""

    request: Request
    session: SessionDep
    actor: ActorDep
    rectification_id: int
    form: Annotated[StepForm, Depends()]


AskedDep = Annotated[Asked, Depends()]


@dataclass(frozen=True)
class Tried:
    """A step that was refused, and what had been typed."""

    step: Step
    note: str
    owner_id: str
    refused: Refusal


@router.get("", dependencies=[allow("rectifications.see")])
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
    return await _page(request, session, actor, rectification_id, done=said, seen=seen)


@router.post("/start", dependencies=[allow("rectifications.see")])
async def start(asked: AskedDep) -> Response:
    """Begin the work; photos are of before."""
    return await _take(asked, Step.STARTED, commands.start)


@router.post("/progress", dependencies=[allow("rectifications.see")])
async def report_progress(asked: AskedDep) -> Response:
    """Tell how far it is."""
    return await _take(asked, Step.PROGRESS, commands.report_progress)


@router.post("/submit", dependencies=[allow("rectifications.see")])
async def submit(asked: AskedDep) -> Response:
    """Hand it in for verification; photos are of after."""
    return await _take(asked, Step.SUBMITTED, commands.submit)


@router.post("/verify", dependencies=[allow("rectifications.see")])
async def verify(asked: AskedDep) -> Response:
    """Close it as done: only for a second person."""
    return await _take(asked, Step.VERIFIED, commands.verify)


@router.post("/return", dependencies=[allow("rectifications.see")])
async def return_for_rework(asked: AskedDep) -> Response:
    """Send it back with the reason."""
    return await _take(asked, Step.RETURNED, commands.return_for_rework)


@router.post("/reassign", dependencies=[allow("rectifications.see")])
async def reassign(asked: AskedDep, owner_id: Annotated[str, Form(max_length=20)] = "") -> Response:
    """Give it to another owner."""

    async def hand_over(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
        return await commands.reassign(session, actor, rectification_id, database_id(owner_id) or 0, sent)

    return await _take(asked, Step.REASSIGNED, hand_over, owner_id=owner_id)


@router.post("/cancel", dependencies=[allow("rectifications.see")])
async def cancel(asked: AskedDep) -> Response:
    """Drop it with the reason."""
    return await _take(asked, Step.CANCELLED, commands.cancel)


async def _take(asked: Asked, step: Step, command: Command, *, owner_id: str = "") -> Response:
    session, actor, form = asked.session, asked.actor, asked.form
    try:
        sent = await form.read()
        async with session.begin_nested():
            await command(session, actor, asked.rectification_id, sent)
    except REFUSALS as error:
        refused = refusal(asked.request, error, photos_lost=form.has_photos)
        tried = Tried(step, form.note, owner_id, refused)
        return await _page(asked.request, session, actor, asked.rectification_id, tried=tried)
    return RedirectResponse(f"/rectifications/{asked.rectification_id}?done={step}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    *,
    done: str = "",
    seen: int | None = None,
    tried: Tried | None = None,
) -> Response:
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
        verbs=_VERBS,
        candidates=await origins.candidates(session, actor) if Step.REASSIGNED in story.can else [],
        states=STATES,
        tones=TONES,
        steps=STEPS,
        deeds=DEEDS,
        most=plan.MOST_LETTERS["note"],
        key=uuid4().hex,
        done=done,
        news=seen is not None and seen != story.rectification.version,
        tried=tried,
        errors=tried.refused.errors if tried else {},
    )
    response.status_code = tried.refused.status if tried else 200
    return response
