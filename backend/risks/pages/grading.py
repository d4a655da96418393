"""``/risks/sources/<id>/grade``: pick the scores, see at once what they make, keep it."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import Invalid
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.forms import GradeForm, plain
from backend.risks.grading import METHODS, Bands, Graded, grade
from backend.risks.queries.whole import score_of
from backend.risks.wording import DONE, LEVELS, PICKERS

router = APIRouter(prefix="/risks/sources")
_EDIT = [allow("risks.edit")]
FormDep = Annotated[GradeForm, Depends()]


@router.get("/{hazard_source_id}/grade", dependencies=_EDIT)
async def grade_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    hazard_source_id: int,
    of: Annotated[str, Query(max_length=20)] = "residual",
    done: str = "",
) -> Response:
    """The pickers as it is graded now; ``of``: ``residual`` or ``inherent``."""
    return await _page(request, session, actor, hazard_source_id, residual=of != "inherent", done=DONE.get(done, ""))


@router.get("/{hazard_source_id}/reckon", dependencies=_EDIT)
async def reckon(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    hazard_source_id: int,
    method: Annotated[str, Query(max_length=20)] = "",
    l: Annotated[str, Query(max_length=20)] = "",  # noqa: E741 - the letters of the methods
    e: Annotated[str, Query(max_length=20)] = "",
    c: Annotated[str, Query(max_length=20)] = "",
    ls_l: Annotated[str, Query(max_length=20)] = "",
    s: Annotated[str, Query(max_length=20)] = "",
    level: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What the picked scores make: the part of the page that shows it."""
    typed = GradeForm(method, l, e, c, ls_l, s, level)
    return await _page(request, session, actor, hazard_source_id, residual=True, typed=typed, block="result")


@router.post("/{hazard_source_id}/grade", dependencies=_EDIT)
async def keep(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    hazard_source_id: int,
    form: FormDep,
    of: Annotated[str, Query(max_length=20)] = "residual",
) -> Response:
    """Keep the grading."""
    residual = of != "inherent"
    try:
        async with session.begin_nested():
            grading = await commands.grade_source(
                session, actor, hazard_source_id, form.read(), residual=residual, why=plain(form.why)
            )
    except REFUSALS as error:
        refused = refusal(request, error)
        return await _page(request, session, actor, hazard_source_id, residual=residual, typed=form, refused=refused)
    point, source = await queries.source_of(session, actor, grading.source_id)
    return RedirectResponse(f"/risks/{point.id}?done=graded#source-{source.id}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    source_id: int,
    *,
    residual: bool,
    typed: GradeForm | None = None,
    refused: Refusal | None = None,
    done: str = "",
    block: str | None = None,
) -> Response:
    refused = refused or Refusal()
    point, source = await queries.source_of(session, actor, source_id)
    view = await queries.point_view(session, actor, point.id)
    seen = next(one for one in view.sources if one.source.id == source.id)
    newest = seen.newest(residual=residual)
    bands = await queries.bands_of(session, actor)
    form = typed or GradeForm.of(score_of(newest) if newest else None)
    response: Response = render(
        request,
        "risks/grade.html",
        block=block,
        point=point,
        source=source,
        residual=residual,
        former=newest,
        typed=form,
        made=_made(form, bands),
        bands=bands,
        pickers=PICKERS,
        methods=METHODS,
        levels=LEVELS,
        done=done,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response


def _made(form: GradeForm, bands: Bands) -> Graded | None:
    try:
        return grade(form.read(), bands)
    except Invalid:
        return None
