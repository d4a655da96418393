"""An incident as it spreads, on the phone and in the control room: ``/incidents/{id}/scope``, ``/downstream``,
``/plume`` and ``/wall``."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import wording
from backend.incidents.queries.listing import Card, card
from backend.incidents.queries.story import story
from backend.incidents.tracking.commands import state_leak
from backend.incidents.tracking.drifting import drift, source_on
from backend.incidents.tracking.forms import LeakForm
from backend.incidents.tracking.queries.downstream import downstream
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.plumes import gas_points, stated_plume, wind_points
from backend.incidents.tracking.queries.ways import follow
from backend.incidents.tracking.substances import SUBSTANCES
from backend.incidents.tracking.wording import GROUNDS, SKIES
from backend.live.queries import open_levels
from backend.live.wording import LIMITS, LINK_KINDS
from backend.plant import queries as plant
from backend.tracing.timeline import latest_seen

router = APIRouter(prefix="/incidents/{incident_id}", include_in_schema=False)


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


@router.get("/downstream", dependencies=[allow("incidents.see")])
async def stops(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """What stops below its equipment and when; htmx gets it alone, for the incident's page."""
    shown, moment_now = await card(session, actor, incident_id), now()
    found = await downstream(session, actor, shown.incident, moment_now)
    return render(
        request,
        "incidents/tracking/downstream.html",
        block="downstream" if "hx-request" in request.headers else None,
        one=shown.incident,
        failed=shown.equipment,
        stops=found,
        stages=list({stop.stage.id: stop.stage for stop in found if stop.stage}.values()),
        moment_now=moment_now,
    )


@router.get("/plume", dependencies=[allow("incidents.see")])
async def plume(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """Where the gas goes by what was stated last, and the form for stating it; htmx gets the estimate alone."""
    return await _plume(request, session, actor, await card(session, actor, incident_id))


@router.post("/plume", dependencies=[allow("incidents.lead")])
async def state_plume(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, typed: Annotated[LeakForm, Depends()]
) -> Response:
    """State the leak; a refused form is shown as it was typed."""
    shown = await card(session, actor, incident_id)
    try:
        async with session.begin_nested():
            await state_leak(session, actor, incident_id, typed.read())
    except REFUSALS as error:
        return await _plume(request, session, actor, shown, typed=typed, refused=refusal(request, error))
    return RedirectResponse(f"/incidents/{incident_id}/plume", 303)


async def _plume(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    shown: Card,
    *,
    typed: LeakForm | None = None,
    refused: Refusal | None = None,
) -> Response:
    stated, by = await stated_plume(session, actor, shown.incident.id)
    drawing, refused = await plant.floor_plan(session, actor), refused or Refusal()
    source = source_on(drawing, shown.incident.equipment_id, shown.incident.area_id) if drawing else None
    drifts = drift(stated, drawing.width if drawing else 1.0, source) if stated else None
    response: Response = render(
        request,
        "incidents/tracking/plume.html",
        block="estimate" if "hx-request" in request.headers else None,
        one=shown.incident,
        stated=stated,
        by=by,
        drift=drifts,
        drawing=drawing if source else None,
        gas=await gas_points(session, actor) if drifts else [],
        wind=await wind_points(session, actor),
        typed=typed or (LeakForm.of(stated) if stated else LeakForm()),
        substances=SUBSTANCES,
        skies=SKIES,
        grounds=GROUNDS,
        errors=refused.errors,
        leads=actor.can("incidents.lead"),
    )
    response.status_code = refused.status
    return response


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
        until=until,
        words=wording,
        moment_now=moment_now,
    )
