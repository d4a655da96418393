"""An incident as it spreads, on the phone and in the control room: ``/incidents/{id}/scope`` and ``/wall``."""

from fastapi import Request, Response

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import wording
from backend.incidents.queries.listing import card
from backend.incidents.queries.story import story
from backend.incidents.tracking.queries.drifts import drifting
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.ways import follow
from backend.live.queries import open_levels
from backend.live.wording import LIMITS, LINK_KINDS
from backend.plant import queries as plant
from backend.tracing.timeline import latest_seen

router = APIRouter(prefix="/incidents/{incident_id}")


@router.get("/scope", dependencies=[allow("incidents.see")])
async def scope(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """Source, way, scope and people as they are now; htmx gets them alone, for the incident's page."""
    shown, moment_now = await card(session, actor, incident_id), now()
    followed = await follow(session, actor, shown, moment_now)
    moments = followed.way.moments if followed.way else []
    return render(
        request,
        "incidents/tracking/scope.html",
        block="scope" if "hx-request" in request.headers else None,
        one=shown.incident,
        followed=followed,
        way=followed.way,
        people=await people_inside(
            session, actor, followed.equipment_ids, followed.area_ids, shown.incident.closed_at or moment_now
        ),
        drawing=await plant.floor_plan(session, actor),
        moments=moments,
        latest=latest_seen(moments),
        carriers=LINK_KINDS,
        limit_words=LIMITS,
        moment_now=moment_now,
    )


@router.get("/wall", dependencies=[allow("incidents.see")])
async def wall(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """One screen for the control room: the plan, the log, the counts and the clock since it began."""
    told, moment_now = await story(session, actor, incident_id), now()
    followed = await follow(session, actor, told.card, moment_now)
    until = told.card.incident.closed_at or moment_now
    return render(
        request,
        "incidents/tracking/wall.html",
        one=told.card.incident,
        card=told.card,
        story=told,
        followed=followed,
        way=followed.way,
        people=await people_inside(session, actor, followed.equipment_ids, followed.area_ids, until),
        drawing=await plant.floor_plan(session, actor),
        levels=await open_levels(session, actor),
        drifting=await drifting(session, actor, told.card.incident, moment_now),
        until=until,
        words=wording,
        moment_now=moment_now,
    )
