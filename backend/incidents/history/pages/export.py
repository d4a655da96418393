"""``/incidents/history/export.xlsx`` and ``.csv``: all incidents asked for, as a file to take along."""

from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from backend.core.clock import now
from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.asked import Asked
from backend.incidents.history.exporting import MEDIA_TYPES, Format, pieces, written

router = APIRouter(prefix="/incidents/history")


@router.get("/export.xlsx", dependencies=[allow("incidents.see")])
async def workbook(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]
) -> Response:
    """As a workbook, with its headings in the reader's language."""
    return await _sent(request, session, actor, asked, Format.XLSX)


@router.get("/export.csv", dependencies=[allow("incidents.see")])
async def plain(request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]) -> Response:
    """The same as CSV."""
    return await _sent(request, session, actor, asked, Format.CSV)


async def _sent(request: Request, session: AsyncSession, actor: Actor, asked: Asked, form: Format) -> Response:
    zone: tzinfo = actor.zone
    wanted = asked.read(now(), zone)
    file = await written(session, actor, wanted, form, locale_of(request))
    name = f"ansu-incidents-{now().astimezone(zone):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(file), media_type=MEDIA_TYPES[form], headers=headers)
