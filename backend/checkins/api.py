"""Check-ins for programs, with the permissions of the pages."""

from datetime import datetime

from pydantic import BaseModel

from backend.checkins import commands, queries
from backend.checkins.forms import VisitFormDep
from backend.checkins.models import CheckIn
from backend.checkins.queries import Asked, DueVisit, Place
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1/checkins", tags=["checkins"])


class PlaceOut(BaseModel):
    """Equipment, or an area."""

    kind: str
    id: int
    name: str
    name_en: str


class VisitOut(BaseModel):
    """A visit that waits; ``missed`` when its time is over and it can still be made up for."""

    id: int
    plan: str
    plan_en: str
    place: PlaceOut
    opens_at: datetime
    due_at: datetime
    state: str
    missed: bool


class RoundOut(BaseModel):
    """The present round."""

    due: list[VisitOut]
    inherited: list[VisitOut]
    coming: list[VisitOut]
    done: list[VisitOut]


class ItemOut(BaseModel):
    """An item; it is answered as ``answer_<position>``, with ``note_<position>`` and ``photos_<position>``."""

    position: int
    kind: str
    title: str
    title_en: str
    unit: str
    low: float | None
    high: float | None
    choices: list[str]


class AskedOut(BaseModel):
    """What a visit asks; ``checklist`` goes back with the answers."""

    visit: VisitOut | None
    place: PlaceOut
    checklist: int | None
    asks_photo: bool
    items: list[ItemOut]


class AnswerOut(BaseModel):
    """What was answered to an item."""

    position: int
    title: str
    title_en: str
    answer: str
    verdict: str
    note: str


class CheckInOut(BaseModel):
    """A check-in as it is stored."""

    id: int
    number: str
    visit: int | None
    at: datetime
    late: bool
    proof: str
    away: bool
    failed: int


class CheckedOut(CheckInOut):
    """A check-in with its answers."""

    place: PlaceOut
    person: str
    note: str
    answers: list[AnswerOut]


@router.get("", dependencies=[allow("checkins.see")])
async def read_round(session: SessionDep, actor: ActorDep, all: bool = False) -> RoundOut:  # noqa: A002 - the address' own word
    """The round of the caller's posts; ``all`` that of all posts whose visits they may see."""
    found = await queries.round_of(session, actor, everyone=all)
    return RoundOut(
        due=[_visit(one) for one in found.due],
        inherited=[_visit(one) for one in found.inherited],
        coming=[_visit(one) for one in found.coming],
        done=[_visit(one) for one in found.done],
    )


@router.get("/at/equipment/{equipment_id}", dependencies=[allow("checkins.do")])
async def read_equipment(session: SessionDep, actor: ActorDep, equipment_id: int) -> AskedOut:
    """What is asked at equipment: its visit that waits, or its checklist."""
    return _asked(await queries.asked_of_place(session, actor, equipment_id=equipment_id, area_id=None))


@router.get("/at/area/{area_id}", dependencies=[allow("checkins.do")])
async def read_area(session: SessionDep, actor: ActorDep, area_id: int) -> AskedOut:
    """The same in an area."""
    return _asked(await queries.asked_of_place(session, actor, equipment_id=None, area_id=area_id))


@router.post("", dependencies=[allow("checkins.do")], status_code=201)
async def check_in_place(session: SessionDep, actor: ActorDep, form: VisitFormDep) -> CheckInOut:
    """Check in at ``equipment`` or ``area`` where nothing is due."""
    place = await queries.place_with_id(session, actor, equipment_id=form.equipment_id, area_id=form.area_id)
    return _check_in(await commands.check_in_place(session, actor, place, await form.read()))


@router.get("/records/{check_in_id}", dependencies=[allow("checkins.see")])
async def read_check_in(session: SessionDep, actor: ActorDep, check_in_id: int) -> CheckedOut:
    """One check-in with its answers."""
    found = await queries.checked(session, actor, check_in_id)
    return CheckedOut(
        **_check_in(found.check_in).model_dump(),
        place=_place(found.place),
        person=found.person.name,
        note=found.check_in.note,
        answers=[
            AnswerOut(**one.model_dump(include={"position", "title", "title_en", "answer", "verdict", "note"}))
            for one in found.answers
        ],
    )


@router.get("/{visit_id}", dependencies=[allow("checkins.do")])
async def read_visit(session: SessionDep, actor: ActorDep, visit_id: int) -> AskedOut:
    """What a visit asks."""
    return _asked(await queries.asked_of_visit(session, actor, visit_id))


@router.post("/{visit_id}", dependencies=[allow("checkins.do")], status_code=201)
async def check_in(session: SessionDep, actor: ActorDep, visit_id: int, form: VisitFormDep) -> CheckInOut:
    """Check in on a visit; a repeat with the same key gets the first answer."""
    return _check_in(await commands.check_in_visit(session, actor, visit_id, await form.read()))


def _place(place: Place) -> PlaceOut:
    kind = "area" if place.is_area else "equipment"
    return PlaceOut(kind=kind, id=place.id, name=place.name, name_en=place.name_en)


def _visit(one: DueVisit) -> VisitOut:
    return VisitOut(
        id=one.id,
        plan=one.name,
        plan_en=one.name_en,
        place=_place(one.place),
        opens_at=one.opens_at,
        due_at=one.due_at,
        state=one.state,
        missed=one.missed,
    )


def _asked(asked: Asked) -> AskedOut:
    items = [
        ItemOut(
            position=position,
            kind=one.kind,
            title=one.title,
            title_en=one.title_en,
            unit=one.unit,
            low=one.low,
            high=one.high,
            choices=list(one.choices),
        )
        for position, one in enumerate(asked.questions)
    ]
    return AskedOut(
        visit=_visit(asked.visit) if asked.visit else None,
        place=_place(asked.place),
        checklist=asked.checklist_id,
        asks_photo=asked.asks_photo,
        items=items,
    )


def _check_in(one: CheckIn) -> CheckInOut:
    return CheckInOut(
        id=one.id,
        number=one.number,
        visit=one.visit_id,
        at=one.at,
        late=one.late,
        proof=one.proof,
        away=one.away,
        failed=one.failed,
    )
