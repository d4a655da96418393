"""``/feedback/all``: what waits longest first; one feedback, and what is done with it."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.paging import cut
from backend.core.refusals import REFUSALS, refusal
from backend.core.routing import APIRouter
from backend.feedback import commands, queries
from backend.feedback.asked import Typed
from backend.feedback.pages.shown import show
from backend.feedback.wording import KINDS, PICTURES, STATES, TONES
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/feedback")

IdDep = Annotated[int | None, Query(ge=1, lt=2**63)]
_Text = Annotated[str, Form(max_length=4000)]
_Short = Annotated[str, Form(max_length=20)]


@router.get("/all", dependencies=[allow("feedback.answer")])
async def queue(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    typed: Annotated[Typed, Depends()],
    before: IdDep = None,
) -> Response:
    """Everybody's; htmx gets the rows alone."""
    asked = typed.read()
    found = await queries.queue(session, actor, asked, before=before)
    cards, last = (found, None) if asked.show == "open" else cut(found, queries.PAGE)
    waiting, late = await queries.waiting_count(session, actor)
    return render(
        request,
        "feedback/all.html",
        block="rows" if request.headers.get("hx-target", "") in {"feedback-rows", "feedback-more"} else None,
        cards=cards,
        asked=asked,
        typed=typed,
        waiting=waiting,
        late=late,
        days=await queries.answer_days(session, actor),
        more_url=typed.url(before=str(last.feedback.id)) if last else "",
        kinds=KINDS,
        pictures=PICTURES,
        states=STATES,
        tones=TONES,
    )


@router.get("/{feedback_id}", dependencies=[allow("feedback.give")])
async def page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    feedback_id: int,
    done: str = "",
    template: IdDep = None,
) -> Response:
    """One with its thread; ``template`` begins the answer with a ready one."""
    return await show(request, session, actor, feedback_id, done=done, template_id=template)


@router.post("/{feedback_id}/take", dependencies=[allow("feedback.answer")])
async def take(request: Request, session: SessionDep, actor: ActorDep, feedback_id: int) -> Response:
    """Look after it."""
    return await _done(request, session, actor, feedback_id, "taken", commands.take(session, actor, feedback_id))


@router.post("/{feedback_id}/assign", dependencies=[allow("feedback.answer")])
async def assign(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, person: _Short = ""
) -> Response:
    """Let somebody else answer."""
    step = commands.assign(session, actor, feedback_id, database_id(person))
    return await _done(request, session, actor, feedback_id, "assigned", step)


@router.post("/{feedback_id}/answer", dependencies=[allow("feedback.answer")])
async def answer(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, words: _Text = ""
) -> Response:
    """Answer it."""
    step = commands.answer(session, actor, feedback_id, words)
    return await _done(request, session, actor, feedback_id, "answered", step, words)


@router.post("/{feedback_id}/decline", dependencies=[allow("feedback.answer")])
async def decline(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, words: _Text = ""
) -> Response:
    """Say no, and why."""
    step = commands.decline(session, actor, feedback_id, words)
    return await _done(request, session, actor, feedback_id, "declined", step, words)


@router.post("/{feedback_id}/merge", dependencies=[allow("feedback.answer")])
async def merge(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, into: _Short = ""
) -> Response:
    """Count it to another."""
    step = commands.merge(session, actor, feedback_id, database_id(into))
    return await _done(request, session, actor, feedback_id, "merged", step)


async def _done(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    feedback_id: int,
    done: str,
    step: Awaitable[object],
    words: str = "",
) -> Response:
    """Take ``step`` and show it; a refused one shows the page again with what was typed."""
    try:
        async with session.begin_nested():
            await step
    except REFUSALS as error:
        refused, typed = refusal(request, error), {"words": words}
        return await show(request, session, actor, feedback_id, refused=refused, typed=typed)
    return RedirectResponse(f"/feedback/{feedback_id}?done={done}", 303)
