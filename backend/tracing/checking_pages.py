"""``/checks``: a look on site that was asked for, its answer, its photos."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.showing import show_picture
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing import circumstances
from backend.tracing.checking import MOST_PHOTOS, answer_check, may_answer
from backend.tracing.forms import AnswerForm
from backend.tracing.models import Verdict

router = APIRouter(prefix="/checks")

VERDICTS = {Verdict.FOUND: N_("是它，有异常"), Verdict.CLEAR: N_("不是它，正常"), Verdict.UNSURE: N_("看不出来")}
"""What who looked may say."""


@router.get("/{check_id}", dependencies=[allow("traces.see")])
async def check_page(request: Request, session: SessionDep, actor: ActorDep, check_id: int, done: str = "") -> Response:
    """What to look at and why, and the form for the answer."""
    return await _page(request, session, actor, check_id, AnswerForm(), {}, done=bool(done))


@router.post("/{check_id}", dependencies=[allow("traces.see")])
async def answer(
    request: Request, session: SessionDep, actor: ActorDep, check_id: int, form: Annotated[AnswerForm, Depends()]
) -> Response:
    """Take the answer; the trace is made anew with it."""
    await circumstances.check_view(session, actor, check_id)
    try:
        async with session.begin_nested():
            await answer_check(session, actor, check_id, await form.read())
    except (Invalid, Conflict) as refused:
        response = await _page(request, session, actor, check_id, form, refused.fields or {"verdict": refused.message})
        response.status_code = refused.status
        return response
    return RedirectResponse(f"/checks/{check_id}?done=1", 303)


@router.get("/photos/{check_photo_id}", dependencies=[allow("traces.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, check_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await circumstances.check_photo(session, actor, check_photo_id)).path)


@router.get("/photos/{check_photo_id}/thumbnail", dependencies=[allow("traces.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, check_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await circumstances.check_photo(session, actor, check_photo_id)).thumbnail_path)


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
    view = await circumstances.check_view(session, actor, check_id)
    response: Response = render(
        request,
        "tracing/check.html",
        view=view,
        one=view.check,
        verdicts=VERDICTS,
        answers=may_answer(actor, view.check) and view.check.answered_at is None,
        late=view.check.answered_at is None and view.check.due_at < now(),
        typed=typed,
        errors=errors,
        key=uuid.uuid4().hex,
        most_photos=MOST_PHOTOS,
        done=done,
    )
    return response
