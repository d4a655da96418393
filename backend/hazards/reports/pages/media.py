"""Pictures and voice notes of reports, for whoever may see the report; pictures as they were, for who decides."""

from fastapi import Request, Response
from starlette.responses import FileResponse

from backend.core.errors import N_, NotFound
from backend.core.files import photo_path
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.hazards.reports import queries
from backend.hazards.reports.voice import MEDIA_TYPES
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/reports")


@router.get("/photos/{report_photo_id}", dependencies=[allow("reports.send")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, report_photo_id: int) -> Response:
    """The whole picture, with what was drawn on it."""
    return show_picture(request, (await queries.photo(session, actor, report_photo_id)).path)


@router.get("/photos/{report_photo_id}/thumbnail", dependencies=[allow("reports.send")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, report_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await queries.photo(session, actor, report_photo_id)).thumbnail_path)


@router.get("/photos/{report_photo_id}/original", dependencies=[allow("reports.triage")])
async def original(request: Request, session: SessionDep, actor: ActorDep, report_photo_id: int) -> Response:
    """The picture before somebody drew on it."""
    stored = (await queries.photo(session, actor, report_photo_id)).original_path
    if not stored:
        raise NotFound(N_("照片不存在"))
    return show_picture(request, stored)


@router.get("/{report_id}/voice", dependencies=[allow("reports.send")])
async def voice(session: SessionDep, actor: ActorDep, report_id: int) -> Response:
    """The voice note: a page may play it, but a browser never opens it as a document."""
    report = (await queries.card(session, actor, report_id)).report
    if not report.voice_path:
        raise NotFound(N_("这条上报没有录音"))
    path = photo_path(report.voice_path)
    kind = MEDIA_TYPES[path.suffix.removeprefix(".")]
    safe = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type=kind, filename=f"{report.number}{path.suffix}", headers=safe)
