"""``/maintenance/photos``: pictures of what was done."""

from fastapi import Request, Response

from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import queries

router = APIRouter(prefix="/maintenance/photos")


@router.get("/{maintenance_photo_id}", dependencies=[allow("maintenance.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, maintenance_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await queries.photo(session, actor, maintenance_photo_id)).path)


@router.get("/{maintenance_photo_id}/thumbnail", dependencies=[allow("maintenance.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, maintenance_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await queries.photo(session, actor, maintenance_photo_id)).thumbnail_path)
