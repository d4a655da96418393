"""``/duty/appeals``: a lost point is appealed with a reason and a picture, and answered by somebody above."""

from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import NotFound
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import commands, queries
from backend.operations.duty.forms import AppealForm
from backend.operations.duty.models import AppealState
from backend.operations.duty.months import read_month
from backend.operations.duty.pages.shown import words
from backend.operations.duty.queries.answerers import answerers
from backend.operations.duty.wording import DONE

router = APIRouter(prefix="/duty/appeals")


@router.get("", dependencies=[allow("duty.see")])
async def listed(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Appeals: one's own, of one's team, or all."""
    return render(request, "duty/appeals.html", found=await queries.appeals(session, actor), **words())


@router.get("/new", dependencies=[allow("duty.see")])
async def new(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    month: Annotated[str, Query(max_length=10)] = "",
    row: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The form for one lost point."""
    return await _form(request, session, actor, AppealForm(month=month, row=row))


@router.post("", dependencies=[allow("duty.see")])
async def send(
    request: Request, session: SessionDep, actor: ActorDep, form: Annotated[AppealForm, Depends()]
) -> Response:
    """Appeal."""
    try:
        said = await form.read(queries.present_month(actor))
        async with session.begin_nested():
            appeal = await commands.appeal_point(session, actor, said)
    except REFUSALS as error:
        return await _form(request, session, actor, form, refusal(request, error, photos_lost=bool(form.used)))
    return RedirectResponse(f"/duty/appeals/{appeal.id}?done=appealed", 303)


@router.get("/{duty_appeal_id}", dependencies=[allow("duty.see")])
async def one(request: Request, session: SessionDep, actor: ActorDep, duty_appeal_id: int, done: str = "") -> Response:
    """An appeal with its answer."""
    return await _one(request, session, actor, duty_appeal_id, done=DONE.get(done, ""))


@router.post("/{duty_appeal_id}/answer", dependencies=[allow("duty.govern")])
async def answer(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    duty_appeal_id: int,
    verdict: Annotated[str, Form(max_length=20)] = "",
    answer: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """``verdict``: ``upheld`` or anything else, which refuses it."""
    try:
        plain = answer.replace("\0", "")
        async with session.begin_nested():
            await commands.answer_appeal(session, actor, duty_appeal_id, upheld=verdict == "upheld", answer=plain)
    except REFUSALS as error:
        return await _one(request, session, actor, duty_appeal_id, typed=answer, refused=refusal(request, error))
    return RedirectResponse(f"/duty/appeals/{duty_appeal_id}?done=answered", 303)


@router.get("/{duty_appeal_id}/photos/whole", dependencies=[allow("duty.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, duty_appeal_id: int) -> Response:
    """Its picture."""
    appeal = (await queries.appeal(session, actor, duty_appeal_id)).appeal
    return _picture(request, appeal.photo_path)


@router.get("/{duty_appeal_id}/photos/thumbnail", dependencies=[allow("duty.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, duty_appeal_id: int) -> Response:
    """The small one."""
    appeal = (await queries.appeal(session, actor, duty_appeal_id)).appeal
    return _picture(request, appeal.photo_thumbnail_path)


def _picture(request: Request, path: str) -> Response:
    if not path:
        raise NotFound()
    return show_picture(request, path)


async def _form(
    request: Request, session: AsyncSession, actor: Actor, typed: AppealForm, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    month = read_month(typed.month, queries.present_month(actor))
    view = await queries.of_person(session, actor, actor.person_id, month)
    if typed.row in view.appeals:
        return RedirectResponse(f"/duty/appeals/{view.appeals[typed.row].id}", 303)
    line = view.result.line(typed.row) if view.result else None
    response: Response = render(
        request,
        "duty/appeal_form.html",
        typed=typed,
        line=line,
        month=month,
        view=view,
        refused=refused,
        errors=refused.errors,
        **words(),
    )
    response.status_code = refused.status
    return response


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    appeal_id: int,
    *,
    done: str = "",
    typed: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    one = await queries.appeal(session, actor, appeal_id)
    response: Response = render(
        request,
        "duty/appeal.html",
        one=one,
        view=await queries.of_person(session, actor, one.person.id, one.appeal.month),
        own=one.person.id == actor.person_id,
        nobody=one.appeal.state == AppealState.OPEN and not await answerers(session, actor, one.appeal),
        typed=typed,
        done=done,
        refused=refused,
        errors=refused.errors,
        **words(),
    )
    response.status_code = refused.status
    return response
