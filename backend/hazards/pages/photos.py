"""``/photos``: pictures of rectifications, for whoever may see the rectification."""

from fastapi import Request, Response

from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.hazards import queries
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/photos")


@router.get("/{photo_id}", dependencies=[allow("rectifications.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await queries.photo(session, actor, photo_id)).path)


@router.get("/{photo_id}/thumbnail", dependencies=[allow("rectifications.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await queries.photo(session, actor, photo_id)).thumbnail_path)
