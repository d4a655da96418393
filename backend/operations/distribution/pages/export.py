"""``/distribution/export.xlsx`` and ``.csv``: all rows asked for, as a file to take along."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from backend.core.clock import now
from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.exporting import MEDIA_TYPES, Format, pieces
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.exporting import written

router = APIRouter(prefix="/distribution")


@router.get("/export.xlsx", dependencies=[allow("operations.see")])
async def workbook(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]
) -> Response:
    """As a workbook, with its headings in the reader's language."""
    return await _sent(request, session, actor, asked, Format.XLSX)


@router.get("/export.csv", dependencies=[allow("operations.see")])
async def plain(request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]) -> Response:
    """The same as CSV."""
    return await _sent(request, session, actor, asked, Format.CSV)


async def _sent(request: Request, session: AsyncSession, actor: Actor, asked: Asked, form: Format) -> Response:
    wanted = asked.read(now(), actor.zone)
    file = await written(session, actor, wanted, form, locale_of(request))
    name = f"ansu-distribution-{now().astimezone(actor.zone):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(file), media_type=MEDIA_TYPES[form], headers=headers)
