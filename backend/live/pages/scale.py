"""``/plant/scale``: how many metres the floor plan is wide, by two taps on a length that somebody knows."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant import commands
from backend.plant.floors import PlanId, drawing_of, floors_of

router = APIRouter(prefix="/plant/scale")
Short = Annotated[str, Form(max_length=60)]


@router.get("", dependencies=[allow("plant.edit")])
async def scale_page(
    request: Request, session: SessionDep, actor: ActorDep, plan_id: PlanId = None, done: str = ""
) -> Response:
    """The plan to draw on, and the scale that is known. Raises NotFound for a plan that isn't in use."""
    return await _page(request, session, actor, plan_id, done=N_("已保存") if done else "")


@router.post("", dependencies=[allow("plant.edit")])
async def set_scale(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    plan_id: PlanId = None,
    line: Annotated[str, Form(max_length=200)] = "",
    length_m: Short = "",
    width_m: Short = "",
) -> Response:
    """Keep it; a refused one is shown as it was drawn and typed."""
    typed = {"line": line, "length_m": length_m, "width_m": width_m}
    try:
        async with session.begin_nested():
            await commands.set_scale(session, actor, plan_id=plan_id, **typed)
    except Invalid as error:
        return await _page(request, session, actor, plan_id, typed=typed, refused=refusal(request, error))
    return RedirectResponse(f"/plant/scale?{f'plan={plan_id}&' if plan_id else ''}done=1", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int | None,
    *,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused, floors = refused or Refusal(), await floors_of(session, actor)
    response: Response = render(
        request,
        "plant/scale.html",
        drawing=await drawing_of(session, actor, floors, floors.chosen(plan_id)),
        floors=floors,
        plan=plan_id,
        typed=typed or {"line": "", "length_m": "", "width_m": ""},
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response
