"""Where a leaking gas goes: ``/incidents/{id}/plume``."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import Card, card
from backend.incidents.tracking.commands import state_leak
from backend.incidents.tracking.forms import LIQUID, LeakForm
from backend.incidents.tracking.queries.drifts import drifting
from backend.incidents.tracking.queries.plumes import last_plan_scale
from backend.incidents.tracking.substances import SUBSTANCES, LimitUnit
from backend.incidents.tracking.winds import careful_sky, is_night
from backend.incidents.tracking.wording import AGREEMENTS, GROUNDS, SKIES, TONES

router = APIRouter(prefix="/incidents/{incident_id}/plume")


@router.get("", dependencies=[allow("incidents.see")])
async def plume(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """Where the gas goes by what was stated last, and the form for stating it; htmx gets the estimate alone."""
    return await _plume(request, session, actor, await card(session, actor, incident_id))


@router.post("", dependencies=[allow("incidents.lead")])
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
    moment, refused = now(), refused or Refusal()
    found = await drifting(session, actor, shown.incident, moment)
    local = moment.astimezone(actor.zone)
    if typed is None and found.drift:
        typed = LeakForm.of(found.drift.stated)
    asks = typed is None and actor.can("incidents.lead")
    scale = await last_plan_scale(session, actor, shown.incident) if asks else (None, None)
    response: Response = render(
        request,
        "incidents/tracking/plume.html",
        block="estimate" if "hx-request" in request.headers else None,
        one=shown.incident,
        found=found,
        typed=typed or LeakForm.guessed(found.wind, careful_sky(local), scale),
        guessed=found.drift is None,
        night=is_night(local),
        substances=SUBSTANCES,
        skies=SKIES,
        grounds=GROUNDS,
        units=list(LimitUnit),
        liquid=LIQUID,
        agreements=AGREEMENTS,
        tones=TONES,
        errors=refused.errors,
        leads=actor.can("incidents.lead"),
        configures=actor.can("incidents.policy"),
    )
    response.status_code = refused.status
    return response
