"""Pictures and voices of an incident's log, for whoever may see the incident."""

from fastapi import Request, Response
from starlette.responses import FileResponse

from backend.core.errors import N_, NotFound
from backend.core.files import photo_path
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.hazards.reports.voice import MEDIA_TYPES
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries import story

router = APIRouter(prefix="/incidents")


@router.get("/photos/{disposal_photo_id}", dependencies=[allow("incidents.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, disposal_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await story.photo(session, actor, disposal_photo_id)).path)


@router.get("/photos/{disposal_photo_id}/thumbnail", dependencies=[allow("incidents.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, disposal_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await story.photo(session, actor, disposal_photo_id)).thumbnail_path)


@router.get("/disposals/{disposal_id}/voice", dependencies=[allow("incidents.see")])
async def voice(session: SessionDep, actor: ActorDep, disposal_id: int) -> Response:
    """The voice note: a page may play it, but a browser never opens it as a document."""
    line = await story.disposal(session, actor, disposal_id)
    if not line.voice_path:
        raise NotFound(N_("这条记录没有录音"))
    path = photo_path(line.voice_path)
    kind = MEDIA_TYPES[path.suffix.removeprefix(".")]
    safe = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-cache"}
    return FileResponse(path, media_type=kind, filename=f"disposal-{line.id}{path.suffix}", headers=safe)
