"""``/incidents/new``: what has happened, where, sent."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import NotFound
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.reports.labelled import spot_of_label
from backend.hazards.reports.queries import Spot, places, spot
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import commands
from backend.incidents.forms import APART, SaidForm, TapForm
from backend.incidents.models import IncidentKind
from backend.incidents.outbreaks import same_place
from backend.incidents.queries import listing
from backend.incidents.queries.listing import Card
from backend.incidents.recording import MOST_LETTERS
from backend.incidents.wording import KINDS

router = APIRouter(prefix="/incidents")

IdDep = Annotated[int | None, Query(ge=1, lt=2**63)]
SaidDep = Annotated[SaidForm, Depends()]
TapDep = Annotated[TapForm, Depends()]


@router.get("/new", dependencies=[allow("incidents.report")])
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment: IdDep = None,
    area: IdDep = None,
    label: Annotated[str, Query(max_length=200)] = "",
    alarm: IdDep = None,
) -> Response:
    """The form, its place filled in from a label, or from the page of the equipment, area or alarm."""
    here = await spot_of_label(session, actor, label) or await spot(session, actor, equipment, area)
    typed = TapForm(place=here.code, alarm_id=str(alarm or ""))
    return await _form(request, session, actor, typed, SaidForm())


@router.post("", dependencies=[allow("incidents.report")])
async def report(request: Request, session: SessionDep, actor: ActorDep, typed: TapDep, said: SaidDep) -> Response:
    """Send it and show it; a refused one shows the form again as it was typed."""
    try:
        tap = typed.tap(await said.read())
        async with session.begin_nested():
            incident = await commands.report_incident(session, actor, tap)
    except REFUSALS as error:
        return await _form(request, session, actor, typed, said, refusal(request, error, photos_lost=said.has_files))
    done = "reported" if incident.opened_by == actor.person_id else "joined"
    return RedirectResponse(f"/incidents/{incident.id}?done={done}", 303)


@router.get("/near", dependencies=[allow("incidents.report")])
async def near(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    place: Annotated[str, Query(max_length=40)] = "",
    exact: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Open incidents at the chosen place as a part of the form; nothing when there are none."""
    here = await _here(session, actor, TapForm(place=place, exact=exact))
    cards = await _near(session, actor, here)
    return render(
        request, "incidents/new.html", block="similar", similar=cards, joins=_guessed(here, cards), apart=APART
    )


async def _here(session: AsyncSession, actor: Actor, typed: TapForm) -> Spot:
    """The place as typed; none when it isn't there any more."""
    try:
        return await spot(session, actor, typed.equipment_id, typed.area_id)
    except NotFound:
        return Spot()


async def _near(session: AsyncSession, actor: Actor, here: Spot) -> list[Card]:
    return await listing.near(session, actor, *_ids(here)) if here.code else []


def _ids(here: Spot) -> tuple[int | None, int | None]:
    return here.equipment.id if here.equipment else None, here.area.id if here.area else None


def _guessed(here: Spot, cards: list[Card]) -> str:
    """Which of the choices is most likely: the newest at this very place, else none of them."""
    same = (c for c in cards if same_place(_ids(here), (c.incident.equipment_id, c.incident.area_id)))
    newest = next(same, None)
    return str(newest.incident.id) if newest else APART


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: TapForm,
    said: SaidForm,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    here = await _here(session, actor, typed)
    similar = await _near(session, actor, here)
    response: Response = render(
        request,
        "incidents/new.html",
        typed=typed,
        said=said,
        here=here,
        places=await places(session, actor),
        similar=similar,
        joins=typed.joins or _guessed(here, similar),
        apart=APART,
        kinds=KINDS,
        grave=(IncidentKind.FIRE, IncidentKind.GAS_LEAK, IncidentKind.INJURY),
        most=MOST_LETTERS,
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
