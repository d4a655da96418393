"""Parts for other pages: incidents of an alarm, a trace, equipment or an area; nothing where there are none."""

from fastapi import Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.reports.queries import spot
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries import listing
from backend.incidents.queries.listing import Card
from backend.incidents.wording import KINDS, STATES, TONES

router = APIRouter()


@router.get("/incidents/of-alarm/{alarm_id}", dependencies=[allow("incidents.see")])
async def of_alarm(request: Request, session: SessionDep, actor: ActorDep, alarm_id: int) -> Response:
    """That to which the alarm or its flood belongs."""
    return _cards(request, await listing.of_alarm(session, actor, alarm_id))


@router.get("/incidents/of-trace/{trace_id}", dependencies=[allow("incidents.see")])
async def of_trace(request: Request, session: SessionDep, actor: ActorDep, trace_id: int) -> Response:
    """That whose alarms the trace explains."""
    return _cards(request, await listing.of_trace(session, actor, trace_id))


@router.get("/equipment/{equipment_id}/incidents", dependencies=[allow("incidents.see")])
async def of_equipment(request: Request, session: SessionDep, actor: ActorDep, equipment_id: int) -> Response:
    """Open ones of the equipment, and the last that are over."""
    await spot(session, actor, equipment_id, None)
    return _cards(request, await listing.of_place(session, actor, equipment_id, None))


@router.get("/areas/{area_id}/incidents", dependencies=[allow("incidents.see")])
async def of_area(request: Request, session: SessionDep, actor: ActorDep, area_id: int) -> Response:
    """Open ones in the area, and the last that are over."""
    await spot(session, actor, None, area_id)
    return _cards(request, await listing.of_place(session, actor, None, area_id))


def _cards(request: Request, cards: list[Card]) -> Response:
    return render(request, "incidents/of_place.html", cards=cards, states=STATES, tones=TONES, kinds=KINDS)
