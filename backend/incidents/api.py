"""Incidents for programs, with the permissions of the pages."""

from typing import Annotated

from fastapi import Depends, Form, Query

from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.hazards.accidents import read_accident
from backend.hazards.forms import database_id
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import commands
from backend.incidents.commands import Setting
from backend.incidents.forms import Coded, EndingForm, SaidForm, Short, TapForm
from backend.incidents.queries import listing
from backend.incidents.queries.story import story
from backend.incidents.shapes import (
    IncidentsOut,
    IncidentStateOut,
    IncidentStoryOut,
    LoggedOut,
    card_out,
    logged_out,
    state_out,
    story_out,
)

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])

SaidDep = Annotated[SaidForm, Depends()]


@router.get("", dependencies=[allow("incidents.see")])
async def list_incidents(
    session: SessionDep, actor: ActorDep, before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
) -> IncidentsOut:
    """All that aren't over, and a page of those that are."""
    found = await listing.ended_incidents(session, actor, before=before, most=listing.PAGE + 1)
    ended, last = cut(found, listing.PAGE)
    return IncidentsOut(
        open=[card_out(card) for card in await listing.open_incidents(session, actor)],
        ended=[card_out(card) for card in ended],
        following=last.incident.id if last else None,
    )


@router.post("", dependencies=[allow("incidents.report")], status_code=201)
async def report_incident(
    session: SessionDep, actor: ActorDep, typed: Annotated[TapForm, Depends()], said: SaidDep
) -> IncidentStateOut:
    """Report one, as multipart form; a repeated ``Idempotency-Key`` gives the first one's incident."""
    return state_out(await commands.report_incident(session, actor, typed.tap(await said.read())))


@router.get("/{incident_id}", dependencies=[allow("incidents.see")])
async def read_incident(session: SessionDep, actor: ActorDep, incident_id: int) -> IncidentStoryOut:
    """One with its log, its signs and the minutes before."""
    return story_out(await story(session, actor, incident_id))


@router.post("/{incident_id}/disposals", dependencies=[allow("incidents.report")], status_code=201)
async def log_disposal(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, deed: Short = ""
) -> LoggedOut:
    """Add what was done to its log, which nothing changes; ``deed`` is one of ``stop``, ``isolate``, …."""
    return logged_out(await commands.log_disposal(session, actor, incident_id, deed, await said.read()))


@router.post("/{incident_id}/lead", dependencies=[allow("incidents.lead")])
async def put_in_charge(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, lead_id: Short = ""
) -> IncidentStateOut:
    """Put somebody in charge; without ``lead_id`` the caller."""
    lead = database_id(lead_id)
    return state_out(await commands.put_in_charge(session, actor, incident_id, lead, await said.read()))


@router.post("/{incident_id}/facts", dependencies=[allow("incidents.lead")])
async def set_facts(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    kind: Annotated[str, Form(max_length=40)] = "",
    phase: Short = "",
    level: Short = "",
    accident: Coded = "",
) -> IncidentStateOut:
    """Correct kind, phase, level and accident type; without ``accident`` that stays, ``none`` takes it away."""
    setting = Setting(kind, phase, level, read_accident(accident))
    return state_out(await commands.set_facts(session, actor, incident_id, setting, await said.read()))


@router.post("/{incident_id}/contain", dependencies=[allow("incidents.lead")])
async def contain(session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep) -> IncidentStateOut:
    """It is under control."""
    return state_out(await commands.contain(session, actor, incident_id, await said.read()))


@router.post("/{incident_id}/close", dependencies=[allow("incidents.lead")])
async def close(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, ending: Annotated[EndingForm, Depends()]
) -> IncidentStateOut:
    """It is over; 重大 needs another person than who contained it, an evacuation must be over (``evacuation_over``).
    ``accident``: its type by GB 6441-2025, of a near miss that of what it might have become."""
    return state_out(await commands.close(session, actor, incident_id, ending.read(), await said.read()))


@router.post("/{incident_id}/accident", dependencies=[allow("incidents.lead")])
async def classify(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, accident: Coded = ""
) -> IncidentStateOut:
    """Tell its accident type by GB 6441-2025, also after its end; ``none``, or nothing, takes it away."""
    told = read_accident(accident) or ""
    return state_out(await commands.classify(session, actor, incident_id, told, await said.read()))


@router.post("/{incident_id}/call-off", dependencies=[allow("incidents.lead")])
async def call_off(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, evacuation_over: Short = ""
) -> IncidentStateOut:
    """It was none; ``words`` say why. ``evacuation_over`` (``on``) ends an evacuation with it."""
    over = bool(evacuation_over)
    return state_out(await commands.call_off(session, actor, incident_id, await said.read(), evacuation_over=over))
