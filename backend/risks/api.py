"""Risk points for programs, with the permissions of the pages."""

from typing import Annotated

from fastapi import Depends, Query

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.forms import GradeForm, plain
from backend.risks.queries.paging import PAGE, gradings_page, points_page
from backend.risks.shapes import GradingOut, GradingsOut, RiskPointOut, RiskPointsOut, RiskPointWholeOut, whole_out

router = APIRouter(prefix="/api/v1/risks", tags=["risk points"])

_Id = Annotated[int | None, Query(ge=1, lt=2**63)]
_Most = Annotated[int, Query(ge=1, le=100)]


@router.get("", dependencies=[allow("risks.see")])
async def list_risk_points(
    session: SessionDep,
    actor: ActorDep,
    level: Annotated[str, Query(max_length=20)] = "",
    area_id: _Id = None,
    retired: bool = False,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    most: _Most = PAGE,
) -> RiskPointsOut:
    """Risk points in use, or ``retired`` ones; ``level`` is one of the four, or ``none`` for those not graded."""
    found = await points_page(session, actor, level=level, area_id=area_id, retired=retired, after=after, most=most)
    items = [RiskPointOut.model_validate(one) for one in found]
    return RiskPointsOut(items=items, following=items[-1].id if len(items) == most else None)


@router.get("/{risk_point_id}", dependencies=[allow("risks.see")])
async def read_risk_point(session: SessionDep, actor: ActorDep, risk_point_id: int) -> RiskPointWholeOut:
    """One with its sources, their present gradings and what holds them."""
    return whole_out(await queries.point_view(session, actor, risk_point_id))


@router.get("/{risk_point_id}/gradings", dependencies=[allow("risks.see")])
async def list_gradings(
    session: SessionDep, actor: ActorDep, risk_point_id: int, before: _Id = None, most: _Most = PAGE
) -> GradingsOut:
    """Every grading of its sources that was ever made, the newest first."""
    found = await gradings_page(session, actor, risk_point_id, before=before, most=most)
    items = [GradingOut.model_validate(one) for one in found]
    return GradingsOut(items=items, following=items[-1].id if len(items) == most else None)


@router.post("/sources/{hazard_source_id}/gradings", dependencies=[allow("risks.edit")], status_code=201)
async def grade_source(
    session: SessionDep,
    actor: ActorDep,
    hazard_source_id: int,
    form: Annotated[GradeForm, Depends()],
    of: Annotated[str, Query(pattern="^(residual|inherent)$")] = "residual",
) -> GradingOut:
    """Grade a source anew, as form: ``method`` with its scores (``l``, ``e``, ``c``; ``ls_l``, ``s``; or ``level``),
    and ``why`` where it was graded before. The former grading stays."""
    made = await commands.grade_source(
        session, actor, hazard_source_id, form.read(), residual=of == "residual", why=plain(form.why)
    )
    await session.refresh(made)
    return GradingOut.model_validate(made)
