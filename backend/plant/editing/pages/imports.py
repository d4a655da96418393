"""``/plant/edit/import``: equipment and points from Excel: template, upload, what it would do, doing it; and export."""

from functools import partial
from typing import Annotated

from fastapi import File, Request, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.i18n import catalogue, translate
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.columns import SHEETS
from backend.plant.editing.commands import importing as commands
from backend.plant.editing.importing import plant_as_it_is, workbook
from backend.plant.editing.matching import Verdict, match, words_of_columns
from backend.plant.editing.sheet import MOST_BYTES, read_workbook
from backend.plant.models import PlantImport

router = APIRouter(prefix="/plant/edit")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_SHOWN = 200


@router.get("/import", dependencies=[allow("plant.edit")])
async def import_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """What to do, and what was sent lately."""
    return await _page(request, session, actor)


@router.post("/import", dependencies=[allow("plant.edit")])
async def upload(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Read a workbook and keep it, to be looked at."""
    try:
        if file is None or not file.filename:
            raise Invalid(fields={"file": N_("请选择一个 .xlsx 表格")})
        data = await file.read(MOST_BYTES + 1)
        cells = await run_in_threadpool(read_workbook, data, catalogue("en"))
        async with session.begin_nested():
            kept = await commands.keep_import(session, actor, file.filename.replace("\0", ""), cells)
    except REFUSALS as error:
        return await _page(request, session, actor, refusal(request, error))
    return RedirectResponse(f"/plant/edit/import/{kept.id}", 303)


@router.get("/import/{plant_import_id}", dependencies=[allow("plant.edit")])
async def preview_page(request: Request, session: SessionDep, actor: ActorDep, plant_import_id: int) -> Response:
    """Row by row what it would do to the plant as it is now."""
    return await _preview(request, session, actor, plant_import_id)


@router.post("/import/{plant_import_id}/apply", dependencies=[allow("plant.edit")])
async def apply(request: Request, session: SessionDep, actor: ActorDep, plant_import_id: int) -> Response:
    """Do it, all or nothing."""
    try:
        async with session.begin_nested():
            await commands.apply_import(session, actor, plant_import_id)
    except REFUSALS as error:
        return await _preview(request, session, actor, plant_import_id, refusal(request, error))
    return RedirectResponse(f"/plant/edit/import/{plant_import_id}", 303)


@router.get("/workbook.xlsx", dependencies=[allow("plant.edit")])
async def export(request: Request, session: SessionDep, actor: ActorDep, empty: bool = False) -> Response:
    """Equipment and points in use as a workbook that can be imported again; or ``empty``, to be filled in."""
    made = await workbook(session, actor, partial(translate, locale_of(request)), empty=empty)
    name = "ansu-template.xlsx" if empty else "ansu-plant.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(made, media_type=_XLSX, headers=headers)


async def _page(request: Request, session: AsyncSession, actor: Actor, refused: Refusal | None = None) -> Response:
    refused = refused or Refusal()
    imports = await queries.imports(session, actor)
    response: Response = render(request, "plant/editing/imports.html", imports=imports, refused=refused)
    response.status_code = refused.status
    return response


async def _preview(
    request: Request, session: AsyncSession, actor: Actor, import_id: int, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    kept = await get_visible(session, actor, PlantImport, import_id)
    rows = [] if kept.applied_at else match(kept.cells, await plant_as_it_is(session, actor))
    of = {verdict: [row for row in rows if row.verdict is verdict] for verdict in Verdict}
    changes = await queries.changes_of(session, actor, kept.batch) if kept.batch else []
    response: Response = render(
        request,
        "plant/editing/import.html",
        kept=kept,
        rows=of,
        most=_ROWS_SHOWN,
        changes=changes,
        sheets=SHEETS,
        columns={kind: words_of_columns(kind) for kind in SHEETS},
        names=await queries.words_of(session, actor),
        refused=refused,
    )
    response.status_code = refused.status
    return response
