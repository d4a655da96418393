"""``/incidents/{id}/cordon``: the closed ground on the plan, setting and lifting it."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Incident, IncidentKind
from backend.incidents.recording import MOST_LETTERS
from backend.incidents.response.commands import lift_cordon, set_cordon
from backend.incidents.response.content import usual_plan
from backend.incidents.response.forms import CordonForm
from backend.incidents.response.queries.cordons import ground_of
from backend.plant.floors import PlanId

router = APIRouter(prefix="/incidents/{incident_id}/cordon")

PART = "incident-cordon"
"""The section of the incident's page that shows it."""
SaidDep = Annotated[SaidForm, Depends()]


@router.get("", dependencies=[allow("incidents.see")])
async def cordon_page(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, plan: PlanId = None
) -> Response:
    """The plan (where it happened, unless another is asked for) with the closed ground; htmx gets the part for the
    incident's page. Raises NotFound for a plan that isn't in use."""
    return await _page(request, session, actor, incident_id, plan=plan)


@router.post("", dependencies=[allow("incidents.lead")])
async def close_ground(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    typed: Annotated[CordonForm, Depends()],
) -> Response:
    """Set one."""
    try:
        words = await said.read()
        async with session.begin_nested():
            cordon = await set_cordon(session, actor, incident_id, typed.read(), words)
    except REFUSALS as error:
        refused = refusal(request, error)
        return await _page(request, session, actor, incident_id, refused, typed, said.words, plan=typed.plan_id)
    plan = f"?plan={cordon.floor_plan_id}" if typed.plan_id else ""
    return RedirectResponse(f"/incidents/{incident_id}/cordon{plan}", 303)


@router.post("/lift", dependencies=[allow("incidents.lead")])
async def open_ground(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    cordon: Annotated[int, Form(ge=1, lt=2**63)] = 1,
) -> Response:
    """Lift one."""
    await get_visible(session, actor, Incident, incident_id)
    try:
        words = await said.read()
        async with session.begin_nested():
            await lift_cordon(session, actor, cordon, words)
    except REFUSALS as error:
        return await _page(request, session, actor, incident_id, refusal(request, error))
    return RedirectResponse(f"/incidents/{incident_id}/cordon", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    refused: Refusal | None = None,
    typed: CordonForm | None = None,
    words: str = "",
    plan: int | None = None,
) -> Response:
    refused = refused or Refusal()
    incident = await get_visible(session, actor, Incident, incident_id)
    ground = await ground_of(session, actor, incident, plan)
    usual = usual_plan(IncidentKind(incident.kind)).cordon
    response: Response = render(
        request,
        "incidents/response/cordon.html",
        block="part" if request.headers.get("hx-target") == PART else None,
        one=incident,
        ground=ground,
        plan=plan,
        usual=usual,
        leads=actor.can("incidents.lead"),
        sets=actor.can("incidents.lead") and incident.state in LIVE,
        typed=typed or CordonForm.usual(usual.radius_m, ground.plan_width_m),
        words=words,
        most=MOST_LETTERS,
        refused=refused,
    )
    response.status_code = refused.status
    return response
