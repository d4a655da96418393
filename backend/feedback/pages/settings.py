"""``/feedback/settings``: how soon feedback is answered, and ready answers."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.feedback import commands, queries
from backend.feedback.wording import DONE
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/feedback")
_Text = Annotated[str, Form(max_length=4000)]
_Short = Annotated[str, Form(max_length=200)]


@router.get("/settings", dependencies=[allow("feedback.answer")])
async def page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Both on one page."""
    return await _show(request, session, actor, done=DONE.get(done, ""))


@router.post("/policy", dependencies=[allow("feedback.answer")])
async def policy(request: Request, session: SessionDep, actor: ActorDep, days: _Short = "") -> Response:
    """Set how many working days an answer may take."""
    try:
        await commands.set_policy(session, actor, database_id(days.strip()))
    except REFUSALS as error:
        return await _show(request, session, actor, typed={"days": days}, refused=refusal(request, error))
    return RedirectResponse("/feedback/settings?done=policy", 303)


@router.post("/templates", dependencies=[allow("feedback.answer")])
async def add(
    request: Request, session: SessionDep, actor: ActorDep, title: _Short = "", words: _Text = ""
) -> Response:
    """Keep a ready answer."""
    try:
        await commands.add_template(session, actor, title, words)
    except REFUSALS as error:
        typed = {"title": title, "words": words}
        return await _show(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/feedback/settings?done=template", 303)


@router.post("/templates/{feedback_template_id}/retire", dependencies=[allow("feedback.answer")])
async def retire(session: SessionDep, actor: ActorDep, feedback_template_id: int) -> Response:
    """Offer it no more."""
    await commands.retire_template(session, actor, feedback_template_id)
    return RedirectResponse("/feedback/settings?done=retired", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    days = str(await queries.answer_days(session, actor))
    response: Response = render(
        request,
        "feedback/settings.html",
        templates=await queries.templates(session, actor),
        typed={"days": days, "title": "", "words": "", **(typed or {})},
        done=done,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
