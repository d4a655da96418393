"""``/plant/edit``: where everything about the plant is set up, in the order in which one does it the first time."""

from fastapi import Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries

router = APIRouter(prefix="/plant/edit")


@router.get("", dependencies=[allow("plant.edit")])
async def hub_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """What there is and how many."""
    response: Response = render(request, "plant/editing/hub.html", counts=await queries.counts(session, actor))
    return response
