"""``/incidents/{id}/evacuation``: ordering one, the roll-call, ending it; and its part at a place's label."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm, Short
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Incident
from backend.incidents.recording import MOST_LETTERS, Said
from backend.incidents.response import commands
from backend.incidents.response.forms import OrderForm, read_count
from backend.incidents.response.queries.presence import proposed_areas
from backend.incidents.response.queries.rolls import going_on, roll_of
from backend.incidents.response.rollcall import Standing
from backend.incidents.response.wording import STANDING_TONES, STANDINGS, WHY
from backend.plant.models import Area

router = APIRouter()

SHORT, WHOLE = "incident-evacuation", "roll-list"
"""The section of the incident's page, which names the first of the missing, and that of its own page."""
FIRST = 5
SaidDep = Annotated[SaidForm, Depends()]
IdDep = Annotated[int, Form(ge=1, lt=2**63)]
Step = Callable[[Said], Awaitable[object]]


@router.get("/areas/{area_id}/roll-call", dependencies=[allow("incidents.report")])
async def at_label(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    area_id: int,
    label: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """On the page of an area while an evacuation goes on: say that one is safe here, or leave it at once."""
    area = await get_visible(session, actor, Area, area_id)
    return render(
        request,
        "incidents/response/at_label.html",
        area=area,
        rolls=await going_on(session, actor),
        label=label,
    )


@router.get("/incidents/{incident_id}/evacuation", dependencies=[allow("incidents.see")])
async def roll_page(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """The roll-call; htmx gets the part for the incident's page."""
    return await _page(request, session, actor, incident_id)


@router.post("/incidents/{incident_id}/evacuation", dependencies=[allow("incidents.lead")])
async def order(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    typed: Annotated[OrderForm, Depends()],
) -> Response:
    """Order it, or widen it."""

    async def step(words: Said) -> None:
        await commands.order_evacuation(session, actor, incident_id, typed.read(), words)

    return await _take(request, session, actor, incident_id, said, step, typed)


@router.post("/incidents/{incident_id}/evacuation/safe", dependencies=[allow("incidents.report")])
async def safe(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    evacuation: IdDep = 1,
    label: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """“我安全了”."""
    await get_visible(session, actor, Incident, incident_id)

    async def step(words: Said) -> None:
        await commands.say_safe(session, actor, evacuation, words, label=label)

    return await _take(request, session, actor, incident_id, said, step)


@router.post("/incidents/{incident_id}/evacuation/marks", dependencies=[allow("incidents.lead")])
async def mark(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    evacuation: IdDep = 1,
    person: Short = "",
    state: Short = "",
) -> Response:
    """Mark somebody."""
    await get_visible(session, actor, Incident, incident_id)

    async def step(words: Said) -> None:
        await commands.mark_person(session, actor, evacuation, database_id(person), state, words)

    return await _take(request, session, actor, incident_id, said, step)


@router.post("/incidents/{incident_id}/evacuation/visitors", dependencies=[allow("incidents.lead")])
async def visitors(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    evacuation: IdDep = 1,
    visitors: Short = "",
    visitors_safe: Short = "",
) -> Response:
    """Count the visitors."""
    await get_visible(session, actor, Incident, incident_id)

    async def step(words: Said) -> None:
        numbers = read_count(visitors), read_count(visitors_safe)
        await commands.count_visitors(session, actor, evacuation, *numbers, words)

    return await _take(request, session, actor, incident_id, said, step)


@router.post("/incidents/{incident_id}/evacuation/end", dependencies=[allow("incidents.lead")])
async def end(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, evacuation: IdDep = 1
) -> Response:
    """End it."""
    await get_visible(session, actor, Incident, incident_id)

    async def step(words: Said) -> None:
        await commands.end_evacuation(session, actor, evacuation, words)

    return await _take(request, session, actor, incident_id, said, step)


async def _take(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    said: SaidForm,
    step: Step,
    typed: OrderForm | None = None,
) -> Response:
    """Take the step and show the roll-call; where it is refused, as it was typed. Raises NotFound."""
    try:
        words = await said.read()
        async with session.begin_nested():
            await step(words)
    except REFUSALS as error:
        return await _page(request, session, actor, incident_id, refusal(request, error), typed, said.words)
    return RedirectResponse(f"/incidents/{incident_id}/evacuation", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    refused: Refusal | None = None,
    typed: OrderForm | None = None,
    words: str = "",
) -> Response:
    refused = refused or Refusal()
    incident = await get_visible(session, actor, Incident, incident_id)
    roll = await roll_of(session, actor, incident_id)
    target = request.headers.get("hx-target")
    part = target in (SHORT, WHOLE)
    called = roll.called if roll else []
    leads = actor.can("incidents.lead")
    orders = leads and incident.state in LIVE
    response: Response = render(
        request,
        "incidents/response/evacuation.html",
        block="part" if part else None,
        one=incident,
        roll=roll,
        called=[one for one in called if one.standing is Standing.MISSING][:FIRST] if target == SHORT else called,
        short=target == SHORT,
        own=roll.of(actor.person_id) if roll else None,
        leads=leads,
        orders=orders,
        areas=await proposed_areas(session, actor, incident) if orders and not part else [],
        typed=typed,
        words=words,
        most=MOST_LETTERS,
        standings=STANDINGS,
        tones=STANDING_TONES,
        why=WHY,
        refused=refused,
    )
    response.status_code = refused.status
    return response
