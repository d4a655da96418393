"""``/training/pictures`` and ``/training/media``: what pages of courses show, in pieces where the browser asks so."""

from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import FileResponse

from backend.core.errors import NotFound
from backend.core.files import photo_path
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import queries

router = APIRouter(prefix="/training")

_NOTHING_RUNS = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
"""For a file shown by itself. No ``sandbox``: browsers' own PDF viewers refuse to start in one."""


@router.get("/pictures/{media_id}", dependencies=[allow("training.see")])
async def picture(request: Request, session: SessionDep, actor: ActorDep, media_id: int) -> Response:
    """A picture. Raises NotFound for other media: phones take pictures along, but no videos."""
    return await _file(request, session, actor, media_id, pictures=True)


@router.get("/media/{media_id}", dependencies=[allow("training.see")])
async def media(request: Request, session: SessionDep, actor: ActorDep, media_id: int) -> Response:
    """A video or PDF."""
    return await _file(request, session, actor, media_id, pictures=False)


async def _file(request: Request, session: SessionDep, actor: ActorDep, media_id: int, *, pictures: bool) -> Response:
    one = await queries.media_one(session, actor, media_id)
    if (one.kind == "picture") is not pictures:
        raise NotFound()
    path = photo_path(one.path)
    tag = f'"{path.stem}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": _NOTHING_RUNS,
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(one.name or path.name)}",
    }
    if tag in request.headers.get("if-none-match", "") and "range" not in request.headers:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=one.media_type, headers=headers)
