"""``/checkins/photos``: pictures of check-ins, for whoever may see the check-in.

Browsers keep them but ask each time, so that a phone that changes hands shows nothing by its cache.
"""

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse

from backend.checkins import queries
from backend.core.files import photo_path
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/checkins/photos")


@router.get("/{check_in_photo_id}", dependencies=[allow("checkins.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, check_in_photo_id: int) -> Response:
    """The whole picture."""
    return _file(request, (await queries.photo(session, actor, check_in_photo_id)).path)


@router.get("/{check_in_photo_id}/thumbnail", dependencies=[allow("checkins.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, check_in_photo_id: int) -> Response:
    """The small one."""
    return _file(request, (await queries.photo(session, actor, check_in_photo_id)).thumbnail_path)


def _file(request: Request, stored: str) -> Response:
    """The file; named by its content, so that the name tells whether the browser's own is the same."""
    path = photo_path(stored)
    tag = f'"{path.stem}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)
