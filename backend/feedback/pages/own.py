"""``/feedback/new``: a sentence about AnSu; ``/feedback``: one's own, and what was answered."""

from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend import __version__
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.paging import cut
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.feedback import commands, queries
from backend.feedback.draft import MOST_LETTERS, MOST_PHOTOS, page_of
from backend.feedback.forms import FeedbackForm, origin_of
from backend.feedback.pages.shown import show
from backend.feedback.wording import KINDS, PICTURES, STATES, TONES
from backend.identity.actor import Actor
from backend.identity.devices import device_name
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/feedback")

IdDep = Annotated[int | None, Query(ge=1, lt=2**63)]
FormDep = Annotated[FeedbackForm, Depends()]
_Text = Annotated[str, Form(max_length=4000)]
_Short = Annotated[str, Form(max_length=10)]


@router.get("", dependencies=[allow("feedback.give")])
async def own_page(request: Request, session: SessionDep, actor: ActorDep, before: IdDep = None) -> Response:
    """What the person has said, the newest first; htmx gets the rows alone."""
    cards, last = cut(await queries.mine(session, actor, before=before), queries.PAGE)
    return render(
        request,
        "feedback/mine.html",
        block="rows" if request.headers.get("hx-target", "") in {"feedback-rows", "feedback-more"} else None,
        cards=cards,
        more_url=f"/feedback?before={last.feedback.id}" if last else "",
        answers=actor.can("feedback.answer"),
        kinds=KINDS,
        pictures=PICTURES,
        states=STATES,
        tones=TONES,
    )


@router.get("/new", dependencies=[allow("feedback.give")])
async def new_page(request: Request) -> Response:
    """The form. It knows the page it was opened from by the browser's referrer; without a network a script sees it."""
    page = page_of(request.headers.get("referer", ""), origin_of(request))
    return _form(request, FeedbackForm(page=page, carries="on"))


@router.post("", dependencies=[allow("feedback.give")])
async def give(request: Request, session: SessionDep, actor: ActorDep, typed: FormDep) -> Response:
    """Send it and show it; a refused one shows the form again as it was typed."""
    try:
        draft = await typed.read(request)
        async with session.begin_nested():
            one = await commands.give(session, actor, draft)
    except REFUSALS as error:
        return _form(request, typed, refusal(request, error, photos_lost=typed.has_files))
    return RedirectResponse(f"/feedback/{one.id}?done=sent", 303)


@router.post("/{feedback_id}/rate", dependencies=[allow("feedback.give")])
async def rate(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, useful: _Short = ""
) -> Response:
    """Say whether the answer helped."""
    try:
        await commands.rate(session, actor, feedback_id, useful=useful == "yes")
    except REFUSALS as error:
        return await _refused(request, session, actor, feedback_id, refusal(request, error))
    return RedirectResponse(f"/feedback/{feedback_id}?done=useful", 303)


@router.post("/{feedback_id}/reopen", dependencies=[allow("feedback.give")])
async def reopen(
    request: Request, session: SessionDep, actor: ActorDep, feedback_id: int, words: _Text = ""
) -> Response:
    """Say that it is not solved."""
    try:
        async with session.begin_nested():
            await commands.reopen(session, actor, feedback_id, words)
    except REFUSALS as error:
        return await _refused(request, session, actor, feedback_id, refusal(request, error), missing=words)
    return RedirectResponse(f"/feedback/{feedback_id}?done=reopened", 303)


async def _refused(
    request: Request, session: AsyncSession, actor: Actor, feedback_id: int, refused: Refusal, missing: str = ""
) -> Response:
    return await show(request, session, actor, feedback_id, refused=refused, typed={"missing": missing})


def _form(request: Request, typed: FeedbackForm, refused: Refusal | None = None) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "feedback/new.html",
        typed=typed,
        kinds=KINDS,
        device=device_name(request.headers.get("user-agent", "")),
        version=__version__,
        most=MOST_LETTERS,
        most_photos=MOST_PHOTOS,
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
