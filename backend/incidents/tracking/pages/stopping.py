"""What stops downstream of an incident's equipment: ``/incidents/{id}/downstream``."""

from fastapi import Request, Response

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import card
from backend.incidents.tracking.queries.downstream import downstream
from backend.incidents.tracking.queries.orders import halted_orders

router = APIRouter(prefix="/incidents/{incident_id}")


@router.get("/downstream", dependencies=[allow("incidents.see")])
async def stops(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """What stops below its equipment and when; htmx gets it alone, for the incident's page."""
    shown, moment_now = await card(session, actor, incident_id), now()
    found = await downstream(session, actor, shown.incident, moment_now)
    halted = await halted_orders(session, actor, shown.incident, found)
    return render(
        request,
        "incidents/tracking/downstream.html",
        block="downstream" if "hx-request" in request.headers else None,
        one=shown.incident,
        failed=shown.equipment,
        stops=found,
        halted=halted,
        stages=list({stop.stage.id: stop.stage for stop in found if stop.stage}.values()),
        moment_now=moment_now,
    )
