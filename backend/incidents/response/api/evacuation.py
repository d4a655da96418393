"""Evacuations and their roll-calls for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form
from pydantic import BaseModel

from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm, Short
from backend.incidents.models import Incident
from backend.incidents.response import commands
from backend.incidents.response.forms import OrderForm
from backend.incidents.response.queries.rolls import Roll, roll_of

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/evacuation", tags=["incidents"])

SaidDep = Annotated[SaidForm, Depends()]


class CalledOut(BaseModel):
    """Somebody in the roll-call. ``standing``: missing, safe, absent; ``seen_at``: last seen in the areas before it."""

    person_id: int
    name: str
    why: str
    standing: str
    seen_at: datetime | None
    marked_at: datetime | None


class RollOut(BaseModel):
    """The latest evacuation of an incident; visitors are in ``missing`` and ``safe`` too."""

    id: int
    area_ids: list[int]
    ordered_at: datetime
    ended_at: datetime | None
    missing: int
    safe: int
    absent: int
    visitors: int
    visitors_safe: int
    missing_at_end: list[int]
    people: list[CalledOut]


@router.get("", dependencies=[allow("incidents.see")])
async def read_roll(session: SessionDep, actor: ActorDep, incident_id: int) -> RollOut:
    """The roll-call as it stands; 404 where none was ordered."""
    return await _roll(session, actor, incident_id)


@router.post("", dependencies=[allow("incidents.lead")], status_code=201)
async def order(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    typed: Annotated[OrderForm, Depends()],
) -> RollOut:
    """Order it, or widen it, as multipart form; ``areas`` once for each."""
    await commands.order_evacuation(session, actor, incident_id, typed.read(), await said.read())
    return await _roll(session, actor, incident_id)


@router.post("/safe", dependencies=[allow("incidents.report")], status_code=201)
async def safe(session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep) -> RollOut:
    """The caller is safe."""
    roll = await _latest(session, actor, incident_id)
    await commands.say_safe(session, actor, roll.evacuation.id, await said.read())
    return await _roll(session, actor, incident_id)


@router.post("/marks", dependencies=[allow("incidents.lead")], status_code=201)
async def mark(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    person: Annotated[str, Form(max_length=20)] = "",
    state: Short = "",
) -> RollOut:
    """Mark somebody safe, absent or missing."""
    roll = await _latest(session, actor, incident_id)
    await commands.mark_person(session, actor, roll.evacuation.id, database_id(person), state, await said.read())
    return await _roll(session, actor, incident_id)


@router.post("/end", dependencies=[allow("incidents.lead")])
async def end(session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep) -> RollOut:
    """End it; while somebody is missing ``words`` say why."""
    roll = await _latest(session, actor, incident_id)
    await commands.end_evacuation(session, actor, roll.evacuation.id, await said.read())
    return await _roll(session, actor, incident_id)


async def _latest(session: SessionDep, actor: ActorDep, incident_id: int) -> Roll:
    await get_visible(session, actor, Incident, incident_id)
    roll = await roll_of(session, actor, incident_id)
    if roll is None:
        raise NotFound()
    return roll


async def _roll(session: SessionDep, actor: ActorDep, incident_id: int) -> RollOut:
    roll = await _latest(session, actor, incident_id)
    return RollOut(
        id=roll.evacuation.id,
        area_ids=roll.evacuation.area_ids,
        ordered_at=roll.evacuation.ordered_at,
        ended_at=roll.evacuation.ended_at,
        **vars(roll.count),
        missing_at_end=roll.evacuation.missing_at_end,
        people=[
            CalledOut(
                person_id=one.person.id,
                name=one.person.name,
                why=one.entry.why,
                standing=one.standing,
                seen_at=one.entry.seen_at,
                marked_at=one.mark.at if one.mark else None,
            )
            for one in roll.called
        ],
    )
