"""The review meeting for programs, with the permissions and the blindness of the pages."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Form, Header, Query
from pydantic import BaseModel

from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm, Short
from backend.incidents.meeting import commands
from backend.incidents.meeting.forms import DraftForm, PickForm, VerdictForm, WhysForm, WishForm
from backend.incidents.meeting.queries.evidence import LAPSE
from backend.incidents.meeting.queries.views import Compared, Decided, Discussed, View, view_of

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/meeting", tags=["incidents"])

KeyHeader = Annotated[str, Header(alias="Idempotency-Key", max_length=64)]
SaidDep = Annotated[SaidForm, Depends()]


class CandidateOut(BaseModel):
    """A cause that can be chosen; their order tells nothing."""

    key: str
    title: str
    title_en: str


class ComingOut(BaseModel):
    """Somebody who was asked to come. ``present`` null: not ticked yet."""

    person_id: int
    name: str
    present: bool | None
    chosen: bool


class PickedOut(BaseModel):
    """A cause with how many chose it and its place in the ranking; ``people`` only for who leads."""

    key: str
    count: int
    rank: int | None
    probability: float | None
    people: list[int]
    words: list[str]


class ComparedOut(BaseModel):
    """``with_first`` of ``blind`` choices are what the system ranks first; ``most`` of ``chosen`` are the same."""

    causes: list[PickedOut]
    chosen: int
    blind: int
    with_first: int
    most: int


class WhyOut(BaseModel):
    """A why with its answer; ``cite``: the key of the evidence."""

    question: str
    answer: str
    cite: str


class DecidedOut(BaseModel):
    """A decision; ``rectification_id`` and ``state`` once the meeting is closed, as far as the caller may see it."""

    id: int
    words: str
    kind: str
    owner_id: int
    due_on: date
    rectification_id: int | None
    state: str
    overdue: bool


class DiscussedOut(BaseModel):
    """What was said after the choices were opened."""

    cause: str
    cause_title: str
    cause_title_en: str
    reason: str
    confirmed_at: datetime | None
    whys: list[WhyOut]
    whys_version: int
    factor: str
    decisions: list[DecidedOut]
    minutes: str


class MeetingOut(BaseModel):
    """A meeting. ``compared`` is null until the caller has chosen or the choices are opened, ``discussed`` until they
    are opened."""

    number: int
    state: str
    at: datetime
    place: str
    led_by: int
    version: int
    attendees: list[ComingOut]
    candidates: list[CandidateOut]
    own_choice: str | None
    compared: ComparedOut | None
    discussed: DiscussedOut | None


@router.get("", dependencies=[allow("incidents.see")])
async def read_meeting(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    number: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> MeetingOut:
    """The newest meeting, or the one asked for; 404 where there is none."""
    view = await view_of(session, actor, incident_id, number)
    if view is None:
        raise NotFound()
    return _out(view, hides=not actor.can("incidents.lead"))


@router.post("", dependencies=[allow("incidents.lead")], status_code=201)
async def convene(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: Annotated[WishForm, Depends()],
    key: KeyHeader = "",
) -> MeetingOut:
    """Convene one; ``people`` once for each. ``at`` without a zone is of the site's."""
    await commands.convene(session, actor, incident_id, typed.wish(actor.zone), key)
    return await read_meeting(session, actor, incident_id)


@router.post("/choice", dependencies=[allow("incidents.see")], status_code=201)
async def choose(
    session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, typed: Annotated[PickForm, Depends()]
) -> MeetingOut:
    """The caller chooses, once: ``cause`` is a candidate's key, or ``other`` with ``words``."""
    await commands.choose(session, actor, incident_id, typed.pick(), await said.read())
    return await read_meeting(session, actor, incident_id)


@router.post("/presence", dependencies=[allow("incidents.lead")])
async def tick(
    session: SessionDep, actor: ActorDep, incident_id: int, person: Short = "", state: Short = ""
) -> MeetingOut:
    """Somebody came (``present``), or didn't (anything else)."""
    await commands.tick(session, actor, incident_id, database_id(person), state == "present")
    return await read_meeting(session, actor, incident_id)


@router.post("/opening", dependencies=[allow("incidents.lead")])
async def open_choices(session: SessionDep, actor: ActorDep, incident_id: int) -> MeetingOut:
    """Show everybody the choices and the ranking."""
    await commands.open_choices(session, actor, incident_id)
    return await read_meeting(session, actor, incident_id)


@router.post("/cause", dependencies=[allow("incidents.lead")])
async def confirm(
    session: SessionDep, actor: ActorDep, incident_id: int, typed: Annotated[VerdictForm, Depends()]
) -> MeetingOut:
    """Confirm the root cause: a candidate's key, ``other`` with ``words``, or ``none``; ``reason`` always."""
    await commands.confirm(session, actor, incident_id, typed.verdict())
    return await read_meeting(session, actor, incident_id)


@router.post("/whys", dependencies=[allow("incidents.lead")], status_code=201)
async def ask_why(
    session: SessionDep, actor: ActorDep, incident_id: int, typed: Annotated[WhysForm, Depends()]
) -> MeetingOut:
    """Keep the 5-why; ``question``, ``answer`` and ``cite`` once for each why, ``version`` of the chain read before."""
    await commands.ask_why(session, actor, incident_id, typed.lines(), typed.factor, typed.version)
    return await read_meeting(session, actor, incident_id)


@router.post("/decisions", dependencies=[allow("incidents.lead")], status_code=201)
async def decide(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: Annotated[DraftForm, Depends()],
    key: KeyHeader = "",
) -> MeetingOut:
    """Add a decision."""
    await commands.decide(session, actor, incident_id, typed.draft(), key)
    return await read_meeting(session, actor, incident_id)


@router.post("/end", dependencies=[allow("incidents.lead")])
async def close(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    minutes: Annotated[str, Form(max_length=20_000)] = "",
    key: KeyHeader = "",
) -> MeetingOut:
    """End it: its decisions become rectifications, all or none."""
    await commands.close(session, actor, incident_id, minutes, None, key)
    return await read_meeting(session, actor, incident_id)


def _out(view: View, *, hides: bool) -> MeetingOut:
    return MeetingOut(
        number=view.number,
        state=view.state,
        at=view.at,
        place=view.place,
        led_by=view.leader.id,
        version=view.version,
        attendees=[
            ComingOut(person_id=one.person.id, name=one.person.name, present=one.present, chosen=one.chosen)
            for one in view.coming
        ],
        candidates=[CandidateOut(**vars(one)) for one in view.candidates],
        own_choice=view.own.cause if view.own else None,
        compared=_compared(view.compared) if view.compared else None,
        discussed=_discussed(view.discussed, hides) if view.discussed else None,
    )


def _compared(found: Compared) -> ComparedOut:
    causes = [
        PickedOut(
            key=one.candidate.key,
            count=one.count,
            rank=one.rank,
            probability=one.probability,
            people=[person.id for person in one.people],
            words=list(one.words),
        )
        for one in found.picked
    ]
    return ComparedOut(causes=causes, **vars(found.comparison.agreement))


def _discussed(said: Discussed, hides: bool) -> DiscussedOut:
    names = ("cause", "cause_title", "cause_title_en", "reason", "confirmed_at", "minutes")
    chain = said.whys
    return DiscussedOut(
        **{name: getattr(said, name) for name in names},
        whys=[_why(line, hides) for line in chain.lines] if chain else [],
        whys_version=chain.version if chain else 0,
        factor=chain.factor if chain else "",
        decisions=[_decided(one) for one in said.decisions],
    )


def _why(line: dict[str, Any], hides: bool) -> WhyOut:
    """Of a duty a worker reads only that it is one."""
    cite = line["cite"]["key"] if line["cite"] else ""
    hidden = hides and cite.startswith(LAPSE)
    return WhyOut(question=line["question"], answer=line["answer"], cite=LAPSE if hidden else cite)


def _decided(one: Decided) -> DecidedOut:
    names = ("id", "words", "kind", "owner_id", "due_on")
    landed = one.rectification
    return DecidedOut(
        **{name: getattr(one.decision, name) for name in names},
        rectification_id=landed.id if landed else None,
        state=landed.state if landed else "",
        overdue=one.overdue,
    )
