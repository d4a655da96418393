"""安全风险告知: what may go wrong at a place and what holds it, for the pages of areas and equipment."""

from fastapi import Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.models import Area, Equipment
from backend.risks import queries
from backend.risks.codes import MEASURES, highest

router = APIRouter()
_SEE = [allow("risks.see")]


@router.get("/areas/{area_id}/risks", dependencies=_SEE)
async def of_area(request: Request, session: SessionDep, actor: ActorDep, area_id: int) -> Response:
    """Of an area, its equipment's included."""
    area = await get_visible(session, actor, Area, area_id)
    found = await queries.at_place(session, actor, area_id=area_id)
    return _show(request, actor, area, f"/areas/{area_id}", found)


@router.get("/equipment/{equipment_id}/risks", dependencies=_SEE)
async def of_equipment(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """Of a piece of equipment."""
    equipment = await get_visible(session, actor, Equipment, equipment_id)
    found = await queries.at_place(session, actor, equipment_id=equipment_id)
    return _show(request, actor, equipment, f"/equipment/{equipment_id}", found)


def _show(
    request: Request,
    actor: Actor,
    place: Area | Equipment,
    back: str,
    found: list[queries.PlaceRisk],
) -> Response:
    """A page of its own where no script loads it; nothing at all on the place's page where there is no risk point."""
    asked_by_script = request.headers.get("hx-request") == "true"
    return render(
        request,
        "risks/of_place.html",
        block="told" if asked_by_script else None,
        place=place,
        back=back,
        found=found,
        level=highest([one.point.level for one in found]),
        accidents=ACCIDENTS,
        measure_kinds=MEASURES,
        edits=actor.can("risks.edit"),
        asked_by_script=asked_by_script,
    )
