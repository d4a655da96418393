"""Rectifications for programs, with the permissions of the pages."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel

from backend.hazards import commands, queries
from backend.hazards.forms import PlanForm, StepForm
from backend.hazards.models import Photo, Rectification
from backend.hazards.queries import Card, Named, Story, Tab
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1/rectifications", tags=["rectifications"])

StepDep = Annotated[StepForm, Depends()]
PlanDep = Annotated[PlanForm, Depends()]


class NameOut(BaseModel):
    """Something with its names."""

    id: int
    name: str
    name_en: str


class RectificationOut(BaseModel):
    """A rectification in a list."""

    id: int
    number: str
    level: str
    title: str
    state: str
    deadline: datetime
    overdue: bool
    owner: NameOut
    equipment: NameOut | None


class RectificationsOut(BaseModel):
    """Some rectifications; ``following`` goes into ``after`` for those after them."""

    items: list[RectificationOut]
    following: str


class PhotoOut(BaseModel):
    """A photo; ``stage`` is ``before`` or ``after``."""

    id: int
    stage: str
    url: str
    thumbnail_url: str
    width: int
    height: int


class StepOut(BaseModel):
    """One step, and who took it."""

    kind: str
    at: datetime
    captured_at: datetime | None
    person: NameOut | None
    to: NameOut | None
    """The new owner, of a reassignment."""
    note: str
    photos: list[PhotoOut]


class RectificationStoryOut(BaseModel):
    """A rectification with its 五定, steps, and what the caller can do with it."""

    id: int
    number: str
    level: str
    title: str
    cause: str
    measure: str
    owner: NameOut
    funds: Decimal | None
    deadline: datetime
    contingency: str
    state: str
    overdue: bool
    version: int
    alarm_id: int | None
    equipment: NameOut | None
    steps: list[StepOut]
    can: list[str]


class StateOut(BaseModel):
    """Where a rectification stands after a command."""

    id: int
    number: str
    state: str
    version: int


@router.get("", dependencies=[allow("rectifications.see")])
async def list_rectifications(
    session: SessionDep,
    actor: ActorDep,
    tab: Tab = Tab.ALL,
    alarm_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=120)] = "",
    most: Annotated[int, Query(ge=1, le=100)] = queries.PAGE,
) -> RectificationsOut:
    """Those the caller may see: unfinished before finished, own before others', urgent before the rest."""
    page = await queries.rectifications(
        session, actor, tab=tab, alarm_id=alarm_id, search=search.strip(), after=after, most=most
    )
    return RectificationsOut(items=[_card(card) for card in page.cards], following=page.following)


@router.post("", dependencies=[allow("rectifications.open")], status_code=201)
async def open_rectification(session: SessionDep, actor: ActorDep, wanted: PlanDep, step: StepDep) -> StateOut:
    """Open one, with photos from before; from an alarm it takes level, equipment and area."""
    plan = wanted.read(actor)
    return _state(await commands.open_rectification(session, actor, plan, await step.read()))


@router.get("/{rectification_id}", dependencies=[allow("rectifications.see")])
async def read_rectification(session: SessionDep, actor: ActorDep, rectification_id: int) -> RectificationStoryOut:
    """One with its steps and photos."""
    return _story(await queries.story(session, actor, rectification_id))


@router.post("/{rectification_id}/start", dependencies=[allow("rectifications.see")])
async def start(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Begin the work; photos are of before."""
    return _state(await commands.start(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/progress", dependencies=[allow("rectifications.see")])
async def report_progress(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Tell how far it is."""
    return _state(await commands.report_progress(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/submit", dependencies=[allow("rectifications.see")])
async def submit(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Hand it in for verification; photos are of after."""
    return _state(await commands.submit(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/verify", dependencies=[allow("rectifications.see")])
async def verify(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Close it as done: only for a second person."""
    return _state(await commands.verify(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/return", dependencies=[allow("rectifications.see")])
async def return_for_rework(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Send it back; ``note`` is the reason."""
    return _state(await commands.return_for_rework(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/reassign", dependencies=[allow("rectifications.see")])
async def reassign(
    session: SessionDep,
    actor: ActorDep,
    rectification_id: int,
    step: StepDep,
    owner_id: Annotated[int, Form(ge=1, lt=2**63)],
) -> StateOut:
    """Give it to another owner, who starts anew."""
    return _state(await commands.reassign(session, actor, rectification_id, owner_id, await step.read()))


@router.post("/{rectification_id}/cancel", dependencies=[allow("rectifications.see")])
async def cancel(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Drop it unverified; ``note`` is the reason."""
    return _state(await commands.cancel(session, actor, rectification_id, await step.read()))


def _state(rectification: Rectification) -> StateOut:
    return StateOut(
        id=rectification.id,
        number=rectification.number,
        state=rectification.state,
        version=rectification.version,
    )


def _name(named: Named) -> NameOut:
    return NameOut(id=named.id, name=named.name, name_en=named.name_en)


def _card(card: Card) -> RectificationOut:
    return RectificationOut(
        id=card.id,
        number=card.number,
        level=card.level,
        title=card.title,
        state=card.state,
        deadline=card.deadline,
        overdue=card.overdue,
        owner=_name(card.owner),
        equipment=_name(card.equipment) if card.equipment else None,
    )


def _photo(photo: Photo) -> PhotoOut:
    url = f"/photos/{photo.id}"
    return PhotoOut(
        id=photo.id,
        stage=photo.stage,
        url=url,
        thumbnail_url=f"{url}/thumbnail",
        width=photo.width,
        height=photo.height,
    )


def _story(story: Story) -> RectificationStoryOut:
    one = story.rectification
    return RectificationStoryOut(
        **one.model_dump(
            include={
                "id",
                "number",
                "level",
                "title",
                "cause",
                "measure",
                "funds",
                "deadline",
                "contingency",
                "state",
                "version",
                "alarm_id",
            }
        ),
        owner=_name(story.people[one.owner_id]),
        overdue=story.left is not None and story.left.overdue,
        equipment=_name(story.equipment) if story.equipment else None,
        steps=[
            StepOut(
                kind=told.entry.kind,
                at=told.entry.created_at,
                captured_at=told.entry.captured_at,
                person=_name(told.person) if told.person else None,
                to=_name(told.to) if told.to else None,
                note=told.entry.note,
                photos=[_photo(photo) for photo in told.photos],
            )
            for told in story.entries
        ],
        can=sorted(story.can),
    )
