"""``/risks/<id>``: one risk point; made, changed, taken out of use and back."""

from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.codes import CONTROLS, FACTORS, KINDS, MEASURES
from backend.risks.forms import PointForm, database_id, plain
from backend.risks.grading import METHODS
from backend.risks.models import RiskPoint
from backend.risks.terms import PointTerms, of
from backend.risks.wording import DONE, LEVELS

router = APIRouter(prefix="/risks")
_EDIT = [allow("risks.edit")]
FormDep = Annotated[PointForm, Depends()]


@router.get("/new", dependencies=_EDIT)
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    area: Annotated[str, Query(max_length=20)] = "",
    equipment: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """An empty risk point, at the area or equipment if one is named."""
    return await _form(request, session, actor, PointForm(area_id=area, equipment_id=equipment))


@router.post("", dependencies=_EDIT)
async def make(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Make it."""
    try:
        async with session.begin_nested():
            point = await commands.make_point(session, actor, form.read())
    except REFUSALS as error:
        return await _form(request, session, actor, form, refused=refusal(request, error))
    return RedirectResponse(f"/risks/{point.id}?done=made", 303)


@router.get("/{risk_point_id}", dependencies=[allow("risks.see")])
async def point_page(
    request: Request, session: SessionDep, actor: ActorDep, risk_point_id: int, done: str = ""
) -> Response:
    """One risk point. htmx gets what stands on it alone, anew."""
    return await show_point(request, session, actor, risk_point_id, done=DONE.get(done, ""))


@router.get("/{risk_point_id}/edit", dependencies=_EDIT)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, risk_point_id: int) -> Response:
    """It, to be changed."""
    point = (await queries.point_view(session, actor, risk_point_id)).point
    return await _form(request, session, actor, PointForm.of(of(PointTerms, point), point.version), point=point)


@router.post("/{risk_point_id}/edit", dependencies=_EDIT)
async def change(request: Request, session: SessionDep, actor: ActorDep, risk_point_id: int, form: FormDep) -> Response:
    """Change it."""
    point = (await queries.point_view(session, actor, risk_point_id)).point
    try:
        async with session.begin_nested():
            await commands.change_point(session, actor, point.id, form.read(), version=database_id(form.version))
    except REFUSALS as error:
        return await _form(request, session, actor, form, point=point, refused=refusal(request, error))
    return RedirectResponse(f"/risks/{point.id}?done=changed", 303)


@router.post("/{risk_point_id}/retire", dependencies=_EDIT)
async def retire(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    risk_point_id: int,
    why: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Take it out of use."""
    try:
        async with session.begin_nested():
            await commands.retire_point(session, actor, risk_point_id, plain(why))
    except REFUSALS as error:
        return await show_point(request, session, actor, risk_point_id, why=why, refused=refusal(request, error))
    return RedirectResponse(f"/risks/{risk_point_id}?done=retired", 303)


@router.post("/{risk_point_id}/restore", dependencies=_EDIT)
async def restore(session: SessionDep, actor: ActorDep, risk_point_id: int) -> Response:
    """Take it into use again."""
    await commands.restore_point(session, actor, risk_point_id)
    return RedirectResponse(f"/risks/{risk_point_id}?done=restored", 303)


async def show_point(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    risk_point_id: int,
    *,
    done: str = "",
    why: str = "",
    refused: Refusal | None = None,
) -> Response:
    """The page of a risk point."""
    refused = refused or Refusal()
    response: Response = render(
        request,
        "risks/point.html",
        block="present" if request.headers.get("hx-target") == "risk-present" else None,
        view=await queries.point_view(session, actor, risk_point_id),
        edits=actor.can("risks.edit"),
        leads=actor.can("plans.see"),
        done=done,
        why=why,
        refused=refused,
        **words(),
    )
    response.status_code = refused.status
    return response


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: PointForm,
    *,
    point: RiskPoint | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "risks/point_form.html",
        typed=typed,
        point=point,
        offer=await queries.choices(session, actor),
        refused=refused,
        errors=refused.errors,
        **words(),
    )
    response.status_code = refused.status
    return response


def words() -> dict[str, Any]:
    """Words that the pages of risk points need."""
    return {
        "kinds": KINDS,
        "controls": CONTROLS,
        "accidents": ACCIDENTS,
        "factors": FACTORS,
        "measure_kinds": MEASURES,
        "methods": METHODS,
        "levels": LEVELS,
    }
