"""Parts for the page of equipment or of an area: hazards that still stand there, rectifications that go on there."""

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.reports import queries
from backend.hazards.reports.queries import Spot
from backend.hazards.reports.wording import FACTORS, OUTCOMES, TONES
from backend.hazards.wording import STATES
from backend.hazards.wording import TONES as STATE_TONES
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter()


@router.get("/equipment/{equipment_id}/hazards", dependencies=[allow("reports.send")])
async def hazards_of_equipment(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """Hazards of the equipment; nothing when none stands."""
    here = await queries.spot(session, actor, equipment_id, None)
    return await _hazards(request, session, actor, here)


@router.get("/areas/{area_id}/hazards", dependencies=[allow("reports.send")])
async def hazards_of_area(request: Request, session: SessionDep, actor: ActorDep, area_id: int) -> Response:
    """Hazards of the area and of what is in it; nothing when none stands."""
    here = await queries.spot(session, actor, None, area_id)
    return await _hazards(request, session, actor, here)


@router.get("/equipment/{equipment_id}/rectifications", dependencies=[allow("rectifications.see")])
async def rectifications_of_equipment(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int
) -> Response:
    """Rectifications of the equipment, as far as the person may see them; nothing when none goes on."""
    here = await queries.spot(session, actor, equipment_id, None)
    return await _rectifications(request, session, actor, here)


@router.get("/areas/{area_id}/rectifications", dependencies=[allow("rectifications.see")])
async def rectifications_of_area(request: Request, session: SessionDep, actor: ActorDep, area_id: int) -> Response:
    """Rectifications of the area and of what is in it."""
    here = await queries.spot(session, actor, None, area_id)
    return await _rectifications(request, session, actor, here)


async def _hazards(request: Request, session: AsyncSession, actor: Actor, here: Spot) -> Response:
    thing, area = here.equipment, here.area
    cards = await queries.open_hazards(session, actor, thing.id if thing else None, area.id if area else None)
    return render(request, "reports/of_place.html", cards=cards, outcomes=OUTCOMES, tones=TONES, factors=FACTORS)


async def _rectifications(request: Request, session: AsyncSession, actor: Actor, here: Spot) -> Response:
    found = await queries.rectifications_of(session, actor, here)
    return render(request, "reports/rectifications_of_place.html", found=found, states=STATES, tones=STATE_TONES)
