"""Safety reports for programs, with the permissions of the pages."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Form, Query
from pydantic import BaseModel, ConfigDict

from backend.core.errors import N_, Invalid
from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.reports import commands
from backend.operations.reports.models import Period, SafetyReport
from backend.operations.reports.queries import PAGE, page

router = APIRouter(prefix="/api/v1/safety-reports", tags=["safety reports"])

_Id = Annotated[int | None, Query(ge=1, lt=2**63)]
_REPORT: dict[str, Any] = {
    "id": 14,
    "kind": "month",
    "first": "2026-10-01",
    "until": "2026-11-01",
    "stage_id": 0,
    "version": 1,
    "made_at": "2026-11-01T00:10:00Z",
    "made_by": None,
}


class ReportOut(BaseModel):
    """A report of the days from ``first`` to before ``until``. ``stage_id`` 0: the whole site; ``made_by`` null: the
    worker, when the time was over. Written anew it is a further ``version``."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_REPORT]})

    id: int
    kind: str
    first: date
    until: date
    stage_id: int
    version: int
    made_at: datetime
    made_by: int | None


class ReportsOut(BaseModel):
    """The newest first; ``following`` goes into ``before`` for older ones, null on the last page."""

    items: list[ReportOut]
    following: int | None


class ReportWholeOut(ReportOut):
    """A report with its content, in no language: ``indicators``, ``counts`` beside those ``before``, ``incidents``,
    ``late`` rectifications, ``places``, what was ``decided``, its ``money``, and what is ``waiting``."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [{**_REPORT, "content": {"counts": {"alarms": {"major": 1}, "checkins": 310}, "late": []}}]
        },
    )

    content: dict[str, Any]


@router.get("", dependencies=[allow("operations.report")])
async def list_reports(
    session: SessionDep,
    actor: ActorDep,
    kind: Period | None = None,
    stage_id: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    before: _Id = None,
) -> ReportsOut:
    """All versions of all reports; ``stage_id`` 0 gives those of the whole site alone."""
    found, last = cut(await page(session, actor, kind, stage_id, before), PAGE)
    items = [ReportOut.model_validate(one) for one in found]
    return ReportsOut(items=items, following=last.id if last else None)


@router.post("", dependencies=[allow("operations.decide")], status_code=202)
async def write_report(
    session: SessionDep,
    actor: ActorDep,
    kind: Annotated[str, Form(max_length=10, description="week or month")] = "",
    day: Annotated[str, Form(max_length=10, description="any day of it, as 2026-10-31")] = "",
) -> None:
    """Have the report of a week or month written; it is there when a worker has done it."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise Invalid(fields={"day": N_("请选择今天或以前的日期")}) from None
    await commands.write_now(session, actor, kind, wanted)


@router.get("/{safety_report_id}", dependencies=[allow("operations.report")])
async def read_report(session: SessionDep, actor: ActorDep, safety_report_id: int) -> ReportWholeOut:
    """One with its content."""
    return ReportWholeOut.model_validate(await get_visible(session, actor, SafetyReport, safety_report_id))
