"""Parts for the page of a piece of equipment: its open hazards, its unfinished rectifications."""

from fastapi import APIRouter, Request, Response

from backend.core.pages import render
from backend.hazards.reports import queries
from backend.hazards.reports.wording import FACTORS, OUTCOMES, TONES
from backend.hazards.wording import STATES
from backend.hazards.wording import TONES as STATE_TONES
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/equipment/{equipment_id}")


@router.get("/hazards", dependencies=[allow("reports.send")])
async def hazards(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """Hazards that still stand; nothing when there are none."""
    await queries.spot(session, actor, equipment_id, None)
    cards = await queries.open_hazards(session, actor, equipment_id)
    return render(request, "reports/of_equipment.html", cards=cards, outcomes=OUTCOMES, tones=TONES, factors=FACTORS)


@router.get("/rectifications", dependencies=[allow("rectifications.see")])
async def rectifications(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """Rectifications that go on, as far as the person may see them; nothing when there are none."""
    await queries.spot(session, actor, equipment_id, None)
    found = await queries.rectifications_of(session, actor, equipment_id)
    return render(request, "reports/rectifications_of_equipment.html", found=found, states=STATES, tones=STATE_TONES)
