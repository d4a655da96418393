"""``/checkins/photos``: pictures of check-ins, for whoever may see the check-in."""

from fastapi import Request, Response

from backend.checkins import queries
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/checkins/photos")


@router.get("/{check_in_photo_id}", dependencies=[allow("checkins.see")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, check_in_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await queries.photo(session, actor, check_in_photo_id)).path)


@router.get("/{check_in_photo_id}/thumbnail", dependencies=[allow("checkins.see")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, check_in_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await queries.photo(session, actor, check_in_photo_id)).thumbnail_path)
