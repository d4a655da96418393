"""``/rectifications/{id}/split``: dividing one into parts, each with its own owner and deadline."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards import lifecycle, origins, plan, queries, splitting
from backend.hazards.forms import SplitForm, StepForm
from backend.hazards.lifecycle import Step
from backend.hazards.queries import somebody
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications/{rectification_id}/split")


@router.get("", dependencies=[allow("rectifications.open")])
async def split_page(request: Request, session: SessionDep, actor: ActorDep, rectification_id: int) -> Response:
    """The form: two parts to begin with, more on demand. 403 or 409 for who can't split it now."""
    return await _form(request, session, actor, rectification_id, SplitForm())


@router.post("", dependencies=[allow("rectifications.open")])
async def split(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    rectification_id: int,
    typed: Annotated[SplitForm, Depends()],
    step: Annotated[StepForm, Depends()],
) -> Response:
    """Split it and show it; a refused one shows the form again as it was typed."""
    try:
        sent = await step.read()
        async with session.begin_nested():
            await splitting.split(session, actor, rectification_id, typed.read(actor), sent)
    except REFUSALS as error:
        refused = refusal(request, error, photos_lost=step.has_photos)
        return await _form(request, session, actor, rectification_id, typed, refused)
    return RedirectResponse(f"/rectifications/{rectification_id}?done={Step.SPLIT}", 303)


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    typed: SplitForm,
    refused: Refusal | None = None,
) -> Response:
    story = await queries.story(session, actor, rectification_id)
    if refused is None:
        lifecycle.take(Step.SPLIT, story.case, somebody(actor))
    refused = refused or Refusal()
    latest = plan.typed_deadline(plan.latest_of_part(story.rectification.deadline, now()).astimezone(actor.zone))
    rows = typed.typed()
    response: Response = render(
        request,
        "hazards/split.html",
        one=story.rectification,
        rows=rows + [("", "", latest)] * (splitting.MOST_PARTS - len(rows)),
        shown=max(splitting.FEWEST_PARTS, len(rows)),
        candidates=await origins.candidates(session, actor),
        most=plan.MOST_LETTERS,
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
