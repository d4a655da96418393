"""``/feedback/export.xlsx`` and ``.csv``: what the queue shows, as a table."""

import io
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.i18n import translate
from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.core.spreadsheets import Csv, Table, Workbook
from backend.feedback import queries
from backend.feedback.asked import Typed
from backend.feedback.exporting import TITLE, headings, lines
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/feedback")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TypedDep = Annotated[Typed, Depends()]


@router.get("/export.xlsx", dependencies=[allow("feedback.answer")])
async def workbook(request: Request, session: SessionDep, actor: ActorDep, typed: TypedDep) -> Response:
    """As a workbook."""
    return await _file(request, session, actor, typed, "xlsx", _XLSX)


@router.get("/export.csv", dependencies=[allow("feedback.answer")])
async def plain(request: Request, session: SessionDep, actor: ActorDep, typed: TypedDep) -> Response:
    """The same as CSV."""
    return await _file(request, session, actor, typed, "csv", "text/csv; charset=utf-8")


async def _file(
    request: Request, session: AsyncSession, actor: Actor, typed: Typed, ending: str, media_type: str
) -> Response:
    locale, file = locale_of(request), io.BytesIO()
    cards = await queries.exported(session, actor, typed.read())
    columns = headings(locale)
    table: Table = Csv(file, columns) if ending == "csv" else Workbook(file, translate(locale, TITLE), columns)
    table.add(lines(cards, locale, actor.zone))
    table.end()
    name = f"ansu-feedback-{now().astimezone(actor.zone):%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), media_type=media_type, headers=headers)
