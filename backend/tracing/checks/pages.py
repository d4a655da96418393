"""``/checks``: a look on site that was asked for, its answer, its photos."""

from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import Conflict, Invalid
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.checks.answering import MOST_PHOTOS, answer_check
from backend.tracing.checks.queries import check_photo, check_view, may_answer
from backend.tracing.forms import AnswerForm

router = APIRouter(prefix="/checks")


@router.get("/{check_id}", dependencies=[allow("traces.see")])
async def show(request: Request, session: SessionDep, actor: ActorDep, check_id: int, done: str = "") -> Response:
    """What to look at and why, and the form for the answer."""
    return await _page(request, session, actor, check_id, AnswerForm(), {}, done=bool(done))


@router.post("/{check_id}", dependencies=[allow("traces.answer")])
async def answer(
    request: Request, session: SessionDep, actor: ActorDep, check_id: int, form: Annotated[AnswerForm, Depends()]
) -> Response:
    """Take what was found; the causes are ranked anew with it."""
    view = await check_view(session, actor, check_id)
    try:
        async with session.begin_nested():
            await answer_check(session, actor, check_id, await form.read())
    except (Invalid, Conflict) as refused:
        errors = refused.fields or {"refused": refused.message}
        response = await _page(request, session, actor, check_id, form, errors)
        response.status_code = refused.status
        return response
    if form.back == "trace":
        return RedirectResponse(f"/traces/{view.check.trace_id}#fused", 303)
    return RedirectResponse(f"/checks/{check_id}?done=1", 303)


@router.get("/photos/{check_photo_id}", dependencies=[allow("traces.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, check_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await check_photo(session, actor, check_photo_id)).path)


@router.get("/photos/{check_photo_id}/thumbnail", dependencies=[allow("traces.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, check_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await check_photo(session, actor, check_photo_id)).thumbnail_path)


async def _page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    check_id: int,
    typed: AnswerForm,
    errors: dict[str, str],
    *,
    done: bool = False,
) -> Response:
    view = await check_view(session, actor, check_id)
    response: Response = render(
        request,
        "tracing/check.html",
        view=view,
        one=view.check,
        answers=may_answer(actor, view.check) and view.check.answered_at is None,
        late=view.check.answered_at is None and view.check.due_at < now(),
        typed=typed,
        errors=errors,
        key=form_key(),
        most_photos=MOST_PHOTOS,
        done=done,
    )
    return response
