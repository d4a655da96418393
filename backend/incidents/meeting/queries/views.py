"""A meeting as one person sees it: nothing of the choices or the ranking before they have chosen or all is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.lifecycle import WORKABLE
from backend.hazards.models import Rectification
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.meeting.comparing import Chosen, Comparison, Ranked, compare
from backend.incidents.meeting.lifecycle import sees_choices, shuffled
from backend.incidents.meeting.models import LIVE, Attendee, Choice, Decision, Meeting, WhyChain
from backend.incidents.meeting.queries.candidates import Basis, Candidate, Former
from backend.incidents.meeting.queries.meetings import (
    attendees_of,
    choices_of,
    decisions_of,
    meetings_of,
    newest_of,
    whys_of,
)
from backend.incidents.queries.listing import Card, card


@dataclass(frozen=True)
class Coming:
    """Somebody who was asked to come, and that they have chosen, not what."""

    person: Person
    present: bool | None
    chosen: bool


@dataclass(frozen=True)
class Picked:
    """A cause with who chose it. ``people`` is empty for who doesn't lead; ``words``: what was written instead;
    ``contributes``: the system holds that it contributes, and doesn't rank it."""

    candidate: Candidate
    count: int
    rank: int | None
    probability: float | None
    people: Sequence[Person]
    words: Sequence[str]
    contributes: bool


@dataclass(frozen=True)
class Compared:
    """What was chosen beside the ranking, and what had been confirmed before."""

    picked: Sequence[Picked]
    comparison: Comparison
    former: Former | None
    ranked: bool
    """Whether a trace ranks anything."""


@dataclass(frozen=True)
class Decided:
    """A decision with its owner, and its rectification as it stands now where the reader may see it."""

    decision: Decision
    owner: Person
    rectification: Rectification | None

    @property
    def overdue(self) -> bool:
        """Whether its rectification is late."""
        one = self.rectification
        return one is not None and one.state in WORKABLE and one.deadline < now()


@dataclass(frozen=True)
class Discussed:
    """What was said after the opening."""

    cause: str
    cause_title: str
    cause_title_en: str
    reason: str
    confirmed_at: datetime | None
    confirmer: Person | None
    whys: WhyChain | None
    decisions: Sequence[Decided]
    minutes: str


@dataclass(frozen=True)
class View:
    """One meeting for one reader. ``candidates`` lie in an order of the reader's own, without rank or probability;
    ``compared`` is None while the reader is to be blind, ``discussed`` until the choices are opened."""

    card: Card
    number: int
    numbers: Sequence[int]
    state: str
    at: datetime
    place: str
    leader: Person
    version: int
    opened_at: datetime | None
    ended_at: datetime | None
    why_off: str
    coming: Sequence[Coming]
    candidates: Sequence[Candidate]
    asked: bool
    """Whether the reader was asked to come."""
    own: Choice | None
    compared: Compared | None
    discussed: Discussed | None

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.state in LIVE

    @property
    def present(self) -> list[Coming]:
        """Who came."""
        return [one for one in self.coming if one.present]

    @property
    def chosen(self) -> int:
        """So many have chosen."""
        return sum(1 for one in self.coming if one.chosen)


async def view_of(session: AsyncSession, actor: Actor, incident_id: int, number: int | None = None) -> View | None:
    """The newest meeting of an incident, or the one with this number; None where there is none. Raises NotFound for an
    incident that the actor may not see."""
    of = await card(session, actor, incident_id)
    meeting = await newest_of(session, actor, incident_id, number)
    return await shown(session, actor, of, meeting) if meeting else None


async def shown(session: AsyncSession, actor: Actor, of: Card, meeting: Meeting) -> View:
    """A meeting as the actor may see it."""
    attendees = await attendees_of(session, actor, meeting.id)
    choices = await choices_of(session, actor, meeting.id)
    decisions = await decisions_of(session, actor, meeting.id)
    people = await _people(session, actor, meeting, attendees, decisions)
    basis = Basis.read(meeting.basis)
    own = next((one for one in choices if one.person_id == actor.person_id), None)
    chosen = {one.person_id for one in choices}
    sees = sees_choices(meeting.opened_at, own is not None)
    known = {one.key: one for one in basis.candidates}
    return View(
        card=of,
        number=meeting.number,
        numbers=[one.number for one in await meetings_of(session, actor, meeting.incident_id)],
        state=meeting.state,
        at=meeting.at,
        place=meeting.place,
        leader=people[meeting.led_by],
        version=meeting.version,
        opened_at=meeting.opened_at,
        ended_at=meeting.ended_at,
        why_off=meeting.why_off,
        coming=[Coming(people[one.person_id], one.present, one.person_id in chosen) for one in attendees],
        candidates=[known[key] for key in shuffled(list(known), meeting.id, actor.person_id)],
        asked=any(one.person_id == actor.person_id for one in attendees),
        own=own,
        compared=_compared(basis, choices, people if actor.can("incidents.lead") else {}) if sees else None,
        discussed=await _discussed(session, actor, meeting, decisions, people) if meeting.opened_at else None,
    )


def _compared(basis: Basis, choices: Sequence[Choice], people: Mapping[int, Person]) -> Compared:
    """``people``: by whom a choice may be named."""
    counted = [Chosen(one.cause, not one.saw_ranking) for one in choices]
    found = compare(counted, [Ranked(*one) for one in basis.ranking])
    known = {one.key: one for one in basis.candidates}
    picked = []
    for row in found.rows:
        of_it = [one for one in choices if one.cause == row.key]
        named = [people[one.person_id] for one in of_it if one.person_id in people]
        candidate = known.get(row.key, Candidate(row.key, "", ""))
        words = [one.words for one in of_it if one.words]
        contributes = row.key in basis.contributing
        picked.append(Picked(candidate, row.count, row.rank, row.probability, named, words, contributes))
    return Compared(picked, found, basis.former, bool(basis.ranking))


async def _discussed(
    session: AsyncSession,
    actor: Actor,
    meeting: Meeting,
    decisions: Sequence[Decision],
    people: Mapping[int, Person],
) -> Discussed:
    ids = [one.rectification_id for one in decisions if one.rectification_id]
    found = await session.scalars(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id).in_(ids))
    )
    landed = {one.id: one for one in found}
    return Discussed(
        cause=meeting.cause,
        cause_title=meeting.cause_title,
        cause_title_en=meeting.cause_title_en,
        reason=meeting.reason,
        confirmed_at=meeting.confirmed_at,
        confirmer=people.get(meeting.confirmed_by or 0),
        whys=await whys_of(session, actor, meeting.id),
        decisions=[Decided(one, people[one.owner_id], landed.get(one.rectification_id or 0)) for one in decisions],
        minutes=meeting.minutes,
    )


async def _people(
    session: AsyncSession,
    actor: Actor,
    meeting: Meeting,
    attendees: Sequence[Attendee],
    decisions: Sequence[Decision],
) -> dict[int, Person]:
    ids = {one.person_id for one in attendees} | {one.owner_id for one in decisions} | {meeting.led_by}
    ids |= {meeting.confirmed_by} if meeting.confirmed_by else set()
    found = await session.scalars(select(Person).where(visible(actor, Person), col(Person.id).in_(ids)))
    return {one.id: one for one in found}
