"""``/risks/sources/<id>/measures`` and ``/risks/measures/<id>``: what holds a source; added, changed, dropped."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.codes import MEASURES
from backend.risks.forms import MeasureForm
from backend.risks.models import ControlMeasure, HazardSource, RiskPoint
from backend.risks.terms import MeasureTerms, of

router = APIRouter(prefix="/risks")
_EDIT = [allow("risks.edit")]
FormDep = Annotated[MeasureForm, Depends()]


@router.get("/sources/{hazard_source_id}/measures/new", dependencies=_EDIT)
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    hazard_source_id: int,
    kind: Annotated[str, Query(max_length=20)] = "engineering",
) -> Response:
    """An empty measure of ``kind``."""
    point, source = await queries.source_of(session, actor, hazard_source_id)
    typed = MeasureForm(kind, post_id=str(point.post_id or ""))
    return await _form(request, session, actor, (point, source), typed)


@router.post("/sources/{hazard_source_id}/measures", dependencies=_EDIT)
async def make(
    request: Request, session: SessionDep, actor: ActorDep, hazard_source_id: int, form: FormDep
) -> Response:
    """Add it."""
    point, source = await queries.source_of(session, actor, hazard_source_id)
    try:
        async with session.begin_nested():
            await commands.make_measure(session, actor, hazard_source_id, form.read())
    except REFUSALS as error:
        return await _form(request, session, actor, (point, source), form, refused=refusal(request, error))
    return RedirectResponse(f"/risks/{point.id}?done=measure#source-{source.id}", 303)


@router.get("/measures/{control_measure_id}/edit", dependencies=_EDIT)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, control_measure_id: int) -> Response:
    """It, to be changed."""
    point, source, measure = await queries.measure_of(session, actor, control_measure_id)
    typed = MeasureForm.of(of(MeasureTerms, measure))
    return await _form(request, session, actor, (point, source), typed, measure=measure)


@router.post("/measures/{control_measure_id}/edit", dependencies=_EDIT)
async def change(
    request: Request, session: SessionDep, actor: ActorDep, control_measure_id: int, form: FormDep
) -> Response:
    """Change it."""
    point, source, measure = await queries.measure_of(session, actor, control_measure_id)
    try:
        async with session.begin_nested():
            await commands.change_measure(session, actor, control_measure_id, form.read())
    except REFUSALS as error:
        refused = refusal(request, error)
        return await _form(request, session, actor, (point, source), form, measure=measure, refused=refused)
    return RedirectResponse(f"/risks/{point.id}?done=measure#source-{source.id}", 303)


@router.post("/measures/{control_measure_id}/drop", dependencies=_EDIT)
async def drop(session: SessionDep, actor: ActorDep, control_measure_id: int) -> Response:
    """Take it off the list."""
    point = await commands.drop_measure(session, actor, control_measure_id)
    return RedirectResponse(f"/risks/{point.id}?done=dropped", 303)


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    of_what: tuple[RiskPoint, HazardSource],
    typed: MeasureForm,
    *,
    measure: ControlMeasure | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    point, source = of_what
    response: Response = render(
        request,
        "risks/measure_form.html",
        point=point,
        source=source,
        measure=measure,
        typed=typed,
        posts=(await queries.choices(session, actor)).posts,
        offer=await queries.checks(session, actor),
        measure_kinds=MEASURES,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
