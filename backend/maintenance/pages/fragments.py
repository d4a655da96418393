"""The part for equipment's page: its plans with their next time, and what was done last."""

from fastapi import Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import queries
from backend.maintenance.wording import KINDS, STANDINGS, TONES

router = APIRouter()


@router.get("/equipment/{equipment_id}/maintenance", dependencies=[allow("maintenance.see")])
async def of_equipment(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """The upkeep of the equipment; a page of its own where no script loads it."""
    asked_by_script = request.headers.get("hx-request") == "true"
    return render(
        request,
        "maintenance/of_equipment.html",
        block="upkeep" if asked_by_script else None,
        here=await queries.on_equipment(session, actor, equipment_id),
        kinds=KINDS,
        standings=STANDINGS,
        tones=TONES,
        plans=actor.can("maintenance.plan"),
    )
