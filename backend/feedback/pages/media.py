"""Pictures of feedback, for whoever may see the feedback."""

from fastapi import Request, Response

from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.feedback import queries
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/feedback/photos")


@router.get("/{feedback_photo_id}", dependencies=[allow("feedback.give")])
async def photo(request: Request, session: SessionDep, actor: ActorDep, feedback_photo_id: int) -> Response:
    """The whole picture."""
    return show_picture(request, (await queries.photo(session, actor, feedback_photo_id)).path)


@router.get("/{feedback_photo_id}/thumbnail", dependencies=[allow("feedback.give")])
async def thumbnail(request: Request, session: SessionDep, actor: ActorDep, feedback_photo_id: int) -> Response:
    """The small one."""
    return show_picture(request, (await queries.photo(session, actor, feedback_photo_id)).thumbnail_path)
