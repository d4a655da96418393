"""An incident as it spreads, on the phone and in the control room: ``/incidents/{id}/scope`` and ``/wall``."""

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import wording
from backend.incidents.queries.listing import card
from backend.incidents.queries.story import story
from backend.incidents.tracking.queries.drifts import drifting
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.ways import Followed, follow
from backend.live.queries import open_levels
from backend.live.views import OpenLevels, worst
from backend.live.wording import LIMITS, LINK_KINDS
from backend.plant.floors import Floors, PlanId, drawing_of, floors_of
from backend.tracing.timeline import latest_seen

router = APIRouter(prefix="/incidents/{incident_id}")


@router.get("/scope", dependencies=[allow("incidents.see")])
async def scope(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, plan: PlanId = None
) -> Response:
    """Source, way, scope and people as they are now; htmx gets them alone, for the incident's page. ``plan``: else the
    one where it happened. Raises NotFound for a plan that isn't in use."""
    shown, moment_now = await card(session, actor, incident_id), now()
    followed = await follow(session, actor, shown, moment_now)
    moments = followed.way.moments if followed.way else []
    floors = await _floors(session, actor, followed)
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
        drawing=await drawing_of(session, actor, floors, _shown(floors, followed, plan)),
        floors=floors,
        plan=plan,
        moments=moments,
        latest=latest_seen(moments),
        carriers=LINK_KINDS,
        limit_words=LIMITS,
        moment_now=moment_now,
    )


@router.get("/wall", dependencies=[allow("incidents.see")])
async def wall(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, plan: PlanId = None
) -> Response:
    """One screen for the control room: the plan (where it happened, unless another is asked for), the log, the counts
    and the clock since it began. Raises NotFound for a plan that isn't in use."""
    told, moment_now = await story(session, actor, incident_id), now()
    followed = await follow(session, actor, told.card, moment_now)
    until, levels = told.card.incident.closed_at or moment_now, await open_levels(session, actor)
    floors = await _floors(session, actor, followed, levels)
    return render(
        request,
        "incidents/tracking/wall.html",
        one=told.card.incident,
        card=told.card,
        story=told,
        followed=followed,
        way=followed.way,
        people=await people_inside(session, actor, followed.equipment_ids, followed.area_ids, until),
        drawing=await drawing_of(session, actor, floors, _shown(floors, followed, plan)),
        floors=floors,
        plan=plan,
        home=floors.of(told.card.incident.equipment_id, told.card.incident.area_id),
        plan_levels={id_: worst(on) for id_, on in floors.gathered(levels.areas, levels.equipment).items()},
        levels=levels,
        drifting=await drifting(session, actor, told.card.incident, moment_now),
        until=until,
        words=wording,
        moment_now=moment_now,
    )


async def _floors(session: AsyncSession, actor: Actor, followed: Followed, levels: OpenLevels | None = None) -> Floors:
    """The plans, with where the incident is, what its way touches, and what has open alarms."""
    way = followed.way.touched if followed.way else []
    areas, equipment = (levels.areas, levels.equipment) if levels else ({}, {})
    there = [*followed.equipment_ids, *way, *equipment]
    return await floors_of(session, actor, [*followed.area_ids, *areas], there)


def _shown(floors: Floors, followed: Followed, asked: int | None) -> int | None:
    """What was asked for, else where it happened, else where its way begins."""
    incident, path = followed.card.incident, followed.way.path if followed.way else []
    return floors.chosen(asked, floors.of(incident.equipment_id, incident.area_id), *map(floors.of, path))
