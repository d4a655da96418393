"""``/safety-reports``: the weekly and monthly reports, to read, to show in a meeting, to print and to take along."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse, StreamingResponse

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.exporting import MEDIA_TYPES, Format, pieces
from backend.incidents.review.blocks import Reader, Section
from backend.operations.reports import commands
from backend.operations.reports.models import SafetyReport
from backend.operations.reports.queries import Shown, listed, readers, shown
from backend.operations.reports.tables import workbook_of
from backend.operations.reports.telling import tell, title

router = APIRouter(prefix="/safety-reports", include_in_schema=False)

Language = Literal["zh_CN", "en"]
_DONE = {
    "asked": N_("正在生成，写好后会通知；通常几秒钟"),
    "readers": N_("已保存，下次起通知这些人"),
}


@router.get("", dependencies=[allow("operations.report")])
@alike
async def reports(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """All reports; who may has one written here and says who is told. htmx gets the list alone."""
    return await _list(request, session, actor, done=_DONE.get(done, ""))


@router.post("", dependencies=[allow("operations.decide")])
async def write(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    kind: Annotated[str, Form(max_length=10)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Have one written."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        wanted = None
    try:
        await commands.write_now(session, actor, kind, wanted)
    except REFUSALS as error:
        typed = {"kind": kind, "day": day}
        return await _list(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/safety-reports?done=asked", 303)


@router.post("/readers", dependencies=[allow("operations.decide")])
async def choose_readers(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    kind: Annotated[str, Form(max_length=10)] = "",
    people: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Say who is told."""
    try:
        await commands.choose_readers(session, actor, kind, people or [])
    except REFUSALS as error:
        return await _list(request, session, actor, refused=refusal(request, error))
    return RedirectResponse("/safety-reports?done=readers", 303)


@router.get("/{safety_report_id}", dependencies=[allow("operations.report")])
async def report(
    request: Request, session: SessionDep, actor: ActorDep, safety_report_id: int, big: bool = False
) -> Response:
    """One report; ``big``: in large type, for a screen in a meeting."""
    found = await shown(session, actor, safety_report_id)
    reader = Reader(locale_of(request), actor.zone)
    return render(
        request,
        "operations/reports/report.html",
        found=found,
        one=found.report,
        title=_title(found, reader),
        sections=tell(found.report.content, reader),
        big=big,
    )


@router.get("/{safety_report_id}/pdf", dependencies=[allow("operations.report")])
async def pdf(
    request: Request, session: SessionDep, actor: ActorDep, safety_report_id: int, language: Language | None = None
) -> Response:
    """The report as PDF."""
    found, reader, sections = await _told(request, session, actor, safety_report_id, language)
    content = await asyncio.to_thread(_pdf, _title(found, reader), sections, reader)
    return Response(content, media_type="application/pdf", headers=_named(found.report, "pdf"))


@router.get("/{safety_report_id}/xlsx", dependencies=[allow("operations.report")])
async def xlsx(
    request: Request, session: SessionDep, actor: ActorDep, safety_report_id: int, language: Language | None = None
) -> Response:
    """The report as a workbook."""
    found, reader, sections = await _told(request, session, actor, safety_report_id, language)
    file = await asyncio.to_thread(workbook_of, _title(found, reader), sections)
    return StreamingResponse(pieces(file), media_type=MEDIA_TYPES[Format.XLSX], headers=_named(found.report, "xlsx"))


async def _told(
    request: Request, session: AsyncSession, actor: Actor, report_id: int, language: Language | None
) -> tuple[Shown, Reader, list[Section]]:
    found = await shown(session, actor, report_id)
    reader = Reader(language or locale_of(request), actor.zone)
    return found, reader, tell(found.report.content, reader)


def _title(found: Shown, reader: Reader) -> str:
    stage = {"zh": found.stage.name, "en": found.stage.name_en} if found.stage else None
    return title(found.report, stage, reader)


def _named(report: SafetyReport, ending: str) -> dict[str, str]:
    name = f"safety-{report.kind}-{report.first}-v{report.version}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _pdf(heading: str, sections: Sequence[Section], reader: Reader) -> bytes:
    """The printer's libraries are large: they are loaded in the thread of the first who prints, not at the start."""
    from backend.incidents.review.printing.sheets import pdf_of

    return pdf_of(heading, sections, reader)


def _last_week(actor: Actor) -> str:
    """A day of the week before, which is over."""
    return (now().astimezone(actor.zone) - timedelta(days=7)).date().isoformat()


async def _list(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused, reader = refused or Refusal(), Reader(locale_of(request), actor.zone)
    found = await listed(session, actor)
    decides = actor.can("operations.decide")
    people, chosen = await readers(session, actor) if decides else ((), {})
    response = render(
        request,
        "operations/reports/reports.html",
        block="rows" if request.headers.get("hx-target") == "report-rows" else None,
        found=found,
        titles={one.id: title(one, None, reader) for one in found},
        decides=decides,
        people=people,
        chosen=chosen,
        typed={"kind": "month", "day": _last_week(actor), **(typed or {})},
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response
