"""``/risks/<id>/sources`` and ``/risks/sources/<id>``: what may go wrong; added, changed, dropped."""

from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.forms import SourceForm
from backend.risks.models import HazardSource, RiskPoint
from backend.risks.pages.points import words
from backend.risks.terms import SourceTerms, of

router = APIRouter(prefix="/risks")
_EDIT = [allow("risks.edit")]
FormDep = Annotated[SourceForm, Depends()]


@router.get("/{risk_point_id}/sources/new", dependencies=_EDIT)
async def new_page(request: Request, session: SessionDep, actor: ActorDep, risk_point_id: int) -> Response:
    """An empty source."""
    return _form(request, await get_visible(session, actor, RiskPoint, risk_point_id), SourceForm())


@router.post("/{risk_point_id}/sources", dependencies=_EDIT)
async def make(request: Request, session: SessionDep, actor: ActorDep, risk_point_id: int, form: FormDep) -> Response:
    """Add it, and go on to grade it."""
    point = await get_visible(session, actor, RiskPoint, risk_point_id)
    try:
        async with session.begin_nested():
            source = await commands.make_source(session, actor, risk_point_id, form.read())
    except REFUSALS as error:
        return _form(request, point, form, refused=refusal(request, error))
    return RedirectResponse(f"/risks/sources/{source.id}/grade?done=source", 303)


@router.get("/sources/{hazard_source_id}/edit", dependencies=_EDIT)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, hazard_source_id: int) -> Response:
    """It, to be changed."""
    point, source = await queries.source_of(session, actor, hazard_source_id)
    return _form(request, point, SourceForm.of(of(SourceTerms, source)), source)


@router.post("/sources/{hazard_source_id}/edit", dependencies=_EDIT)
async def change(
    request: Request, session: SessionDep, actor: ActorDep, hazard_source_id: int, form: FormDep
) -> Response:
    """Change it."""
    point, source = await queries.source_of(session, actor, hazard_source_id)
    try:
        async with session.begin_nested():
            await commands.change_source(session, actor, hazard_source_id, form.read())
    except REFUSALS as error:
        return _form(request, point, form, source, refusal(request, error))
    return RedirectResponse(f"/risks/{point.id}?done=changed#source-{source.id}", 303)


@router.post("/sources/{hazard_source_id}/drop", dependencies=_EDIT)
async def drop(session: SessionDep, actor: ActorDep, hazard_source_id: int) -> Response:
    """Take it off the list."""
    point = await commands.drop_source(session, actor, hazard_source_id)
    return RedirectResponse(f"/risks/{point.id}?done=dropped", 303)


def _form(
    request: Request,
    point: RiskPoint,
    typed: SourceForm,
    source: HazardSource | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "risks/source_form.html",
        point=point,
        source=source,
        typed=typed,
        refused=refused,
        errors=refused.errors,
        **words(),
    )
    response.status_code = refused.status
    return response
