"""``/risks/sheets``: the list as a workbook, out and in; what comes in is shown before anything changes."""

from datetime import datetime

from fastapi import Request, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import queries
from backend.risks.commands.sheets import keep_sheet, preview, take_over
from backend.risks.forms import read_book
from backend.risks.queries.whole import site_names
from backend.risks.sheets.writing import template, write_lines
from backend.risks.wording import DIFFERENCES

router = APIRouter(prefix="/risks/sheets")
_EDIT = [allow("risks.edit")]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("", dependencies=_EDIT)
async def sheets_page(request: Request) -> Response:
    """Where a workbook is chosen, and where the list and the template are fetched."""
    return _page(request)


@router.post("", dependencies=_EDIT)
async def send(request: Request, session: SessionDep, actor: ActorDep, file: UploadFile | None = None) -> Response:
    """Read it; nothing of the list changes."""
    try:
        name, book = await read_book(file)
        async with session.begin_nested():
            sheet = await keep_sheet(session, actor, name, book)
    except REFUSALS as error:
        return _page(request, refusal(request, error))
    return RedirectResponse(f"/risks/sheets/{sheet.id}", 303)


@router.get("/list.xlsx", dependencies=[allow("risks.see")])
async def whole(session: SessionDep, actor: ActorDep) -> Response:
    """The whole list."""
    lines = await queries.whole_list(session, actor, await site_names(session, actor))
    content = write_lines(lines, await queries.bands_of(session, actor))
    return _workbook(content, f"risks-{actor.site_code}-{_day(actor, now())}.xlsx")


@router.get("/template.xlsx", dependencies=_EDIT)
async def empty(session: SessionDep, actor: ActorDep) -> Response:
    """The layout with one example."""
    return _workbook(template(await queries.bands_of(session, actor)), "risks-template.xlsx")


@router.get("/{risk_sheet_id}", dependencies=_EDIT)
async def preview_page(request: Request, session: SessionDep, actor: ActorDep, risk_sheet_id: int) -> Response:
    """What it would change, and which rows can't be taken over."""
    return await _preview(request, session, actor, risk_sheet_id)


@router.post("/{risk_sheet_id}/apply", dependencies=_EDIT)
async def apply(request: Request, session: SessionDep, actor: ActorDep, risk_sheet_id: int) -> Response:
    """Take it over."""
    try:
        async with session.begin_nested():
            sheet = await take_over(session, actor, risk_sheet_id)
    except REFUSALS as error:
        return await _preview(request, session, actor, risk_sheet_id, refusal(request, error))
    return RedirectResponse(f"/risks/sheets/{sheet.id}", 303)


def _workbook(content: bytes, name: str) -> Response:
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _day(actor: Actor, at: datetime) -> str:
    return at.astimezone(actor.zone).strftime("%Y%m%d")


def _page(request: Request, refused: Refusal | None = None) -> Response:
    refused = refused or Refusal()
    response: Response = render(request, "risks/sheets.html", refused=refused, errors=refused.errors)
    response.status_code = refused.status
    return response


async def _preview(
    request: Request, session: AsyncSession, actor: Actor, sheet_id: int, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    seen = await preview(session, actor, sheet_id)
    response: Response = render(
        request,
        "risks/sheet.html",
        sheet=seen.sheet,
        difference=seen.difference,
        new_areas=() if seen.sheet.applied_at else seen.new_areas,
        readable=bool(seen.lines),
        counts=seen.sheet.result or seen.difference.counts,
        bad=[one for one in seen.sheet.troubles if one["bad"]],
        notes=[one for one in seen.sheet.troubles if not one["bad"]],
        words=DIFFERENCES,
        refused=refused,
    )
    response.status_code = refused.status
    return response
