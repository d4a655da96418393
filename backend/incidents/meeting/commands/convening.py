"""Convening a meeting, changing when, where and who, ticking who came, calling it off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.plan import tidy
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.incidents.meeting.commands.holding import Held, lead, note
from backend.incidents.meeting.lifecycle import Step
from backend.incidents.meeting.models import LIVE, Attendee, Meeting, MeetingState
from backend.incidents.meeting.queries.candidates import basis_of
from backend.incidents.meeting.queries.meetings import choices_of, known_people, newest_of
from backend.incidents.meeting.telling import tell
from backend.incidents.models import Incident, IncidentState

MOST_PLACE = 120
MOST_PEOPLE = 60
MOST_REASON = 1000
LONGEST_AHEAD = timedelta(days=366)
LONGEST_AGO = timedelta(days=30)
"""A meeting that was held on paper may be entered afterwards."""


@dataclass(frozen=True)
class Wish:
    """When (with zone), where and with whom."""

    at: datetime | None
    place: str
    people: Iterable[int]


async def convene(
    session: AsyncSession, actor: Actor, incident_id: int, wish: Wish, idempotency_key: str = ""
) -> Meeting:
    """Convene one about a closed incident; who convenes it attends. A repeated key gives the first one.

    Raises NotFound, Forbidden, Conflict (the incident isn't closed, a meeting is going on), Invalid by field.
    """
    require(actor, "incidents.lead")
    incident = await get_visible(session, actor, Incident, incident_id, lock=True)
    request = {"id": incident_id, "at": wish.at, "place": wish.place, "people": sorted(set(wish.people))}
    known = await first_id(session, actor, Sent(idempotency_key=idempotency_key), "meeting.convene", request)
    if known is not None:
        return await get_visible(session, actor, Meeting, known)
    if incident.state != IncidentState.CLOSED:
        raise Conflict(N_("事件结束后才能召集复盘会"))
    former = await newest_of(session, actor, incident_id)
    if former is not None and former.state in LIVE:
        raise Conflict(N_("已经召集了复盘会，请先开完或取消"))
    people = {actor.person_id} | set(wish.people)
    at, place = await _checked(session, actor, wish, people)
    meeting = Meeting(
        site_id=actor.site_id,
        incident_id=incident_id,
        number=former.number + 1 if former else 1,
        at=at,
        place=place,
        led_by=actor.person_id,
        basis=(await basis_of(session, actor, incident)).document(),
    )
    session.add(meeting)
    await session.flush()
    _ask(session, actor, meeting.id, people)
    await session.flush()
    change = {"number": [None, meeting.number], "at": [None, at.isoformat()], "people": [None, sorted(people)]}
    await record_change(session, actor, "meeting.convene", "incident", incident_id, change)
    await tell(session, actor, incident, meeting, "convened", people)
    if idempotency_key:
        await keep_result(session, actor.person_id, idempotency_key, {"id": meeting.id})
    return meeting


async def amend(session: AsyncSession, actor: Actor, incident_id: int, wish: Wish, version: int | None) -> Meeting:
    """Change when, where and who comes; who has chosen stays. As long as nobody has, the candidates are taken anew from
    the trace. Raises NotFound, Forbidden, Conflict, Invalid by field."""
    held = await lead(session, actor, incident_id, Step.AMEND, version)
    meeting = held.meeting
    choices = await choices_of(session, actor, meeting.id)
    people = {meeting.led_by, *wish.people, *(one.person_id for one in choices)}
    at, place = await _checked(session, actor, wish, people - held.people)
    moved = (at, place) != (meeting.at, meeting.place)
    new, gone = people - held.people, held.people - people
    change: dict[str, Any] = {"people": [sorted(held.people), sorted(people)], "place": [meeting.place, place]}
    change |= {"at": [meeting.at.isoformat(), at.isoformat()]}
    meeting.at, meeting.place, meeting.version = at, place, meeting.version + 1
    if not choices and meeting.state == MeetingState.CONVENED:
        meeting.basis = (await basis_of(session, actor, held.incident)).document()
    _ask(session, actor, meeting.id, new)
    await session.execute(
        delete(Attendee).where(
            visible(actor, Attendee), col(Attendee.meeting_id) == meeting.id, col(Attendee.person_id).in_(gone)
        )
    )
    await note(session, actor, held, "amend", change)
    if moved:
        await tell(session, actor, held.incident, meeting, "amended", people - new)
    if new:
        await tell(session, actor, held.incident, meeting, "convened", new)
    return meeting


async def tick(session: AsyncSession, actor: Actor, incident_id: int, person_id: int | None, present: bool) -> Meeting:
    """Say that somebody came, or didn't. Raises NotFound, Forbidden, Conflict, Invalid for who wasn't asked."""
    held = await lead(session, actor, incident_id, Step.TICK)
    one = next((one for one in held.attendees if one.person_id == person_id), None)
    if one is None:
        raise Invalid(fields={"person": N_("请先把这个人加进参会名单")})
    before = one.present
    one.present, one.marked_by = present, actor.person_id
    await note(session, actor, held, "tick", {"person": [None, person_id], "present": [before, present]})
    return held.meeting


async def call_off(session: AsyncSession, actor: Actor, incident_id: int, words: str) -> Meeting:
    """It isn't held; ``words`` say why. Raises NotFound, Forbidden, Conflict, Invalid."""
    held = await lead(session, actor, incident_id, Step.CALL_OFF)
    said = tidy(words)
    if not said:
        raise Invalid(fields={"words": N_("请写明为什么取消")})
    if len(said) > MOST_REASON:
        raise Invalid(fields={"words": N_("内容太长，请精简")})
    meeting = held.meeting
    before, meeting.state = meeting.state, MeetingState.CALLED_OFF
    meeting.why_off, meeting.ended_at, meeting.ended_by = said, now(), actor.person_id
    await session.flush()
    change = {"state": [before, meeting.state], "note": [None, said]}
    await record_change(session, actor, "meeting.call_off", "incident", incident_id, change)
    await tell(session, actor, held.incident, meeting, "called_off", _others(held, actor))
    return meeting


def _others(held: Held, actor: Actor) -> set[int]:
    return held.people - {actor.person_id}


def _ask(session: AsyncSession, actor: Actor, meeting_id: int, people: Iterable[int]) -> None:
    session.add_all(
        Attendee(site_id=actor.site_id, meeting_id=meeting_id, person_id=person_id) for person_id in sorted(people)
    )


async def _checked(session: AsyncSession, actor: Actor, wish: Wish, people: set[int]) -> tuple[datetime, str]:
    """Moment and place as they are stored. Raises Invalid naming every field that can't be accepted."""
    wrong: dict[str, str] = {}
    place = tidy(wish.place)
    if wish.at is None or not now() - LONGEST_AGO <= wish.at <= now() + LONGEST_AHEAD:
        wrong["at"] = N_("请填写一年以内的时间")
    if not place:
        wrong["place"] = N_("请写在哪里开")
    elif len(place) > MOST_PLACE:
        wrong["place"] = N_("内容太长，请精简")
    if len(people) > MOST_PEOPLE:
        wrong["people"] = N_("一次复盘会最多 60 人")
    elif people - await known_people(session, actor, people):
        wrong["people"] = N_("请选择在岗的人")
    if wrong or wish.at is None:
        raise Invalid(fields=wrong)
    return wish.at, place
