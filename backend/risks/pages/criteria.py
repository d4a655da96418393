"""可能是重大隐患: criteria that words of a report or a rectification may meet, where its level is chosen."""

from typing import Annotated

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.reports.models import HazardReport
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks.criteria import proposals

router = APIRouter()
_Words = Annotated[str, Query(max_length=6000)]


@router.get("/reports/{report_id}/criteria", dependencies=[allow("risks.edit")])
async def of_report(request: Request, session: SessionDep, actor: ActorDep, report_id: int) -> Response:
    """Of a hazard report."""
    report = await get_visible(session, actor, HazardReport, report_id)
    return _show(request, f"/reports/{report.id}", report.title, report.details)


@router.get("/risks/criteria", dependencies=[allow("risks.edit")])
async def of_words(request: Request, title: _Words = "", cause: _Words = "") -> Response:
    """Of what is being typed on the page of a new rectification: its title and cause; a measure names what is to be,
    not what is."""
    return _show(request, "/rectifications", title, cause)


def _show(request: Request, back: str, *texts: str) -> Response:
    asked_by_script = request.headers.get("hx-request") == "true"
    return render(
        request,
        "risks/criteria.html",
        block="proposed" if asked_by_script else None,
        back=back,
        found=proposals(*texts),
        asked_by_script=asked_by_script,
    )
