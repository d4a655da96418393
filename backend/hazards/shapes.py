"""Rectifications as the API gives them."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel

from backend.hazards.models import Photo, Rectification
from backend.hazards.queries import Card, Named, Relative, Story


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
    wanted_deadline: datetime | None
    """Asked for and waiting for an answer."""
    recurrence: int
    """How often it has come back."""
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
    deadline: datetime | None
    """The one asked for, granted or refused, of steps about an extension."""
    note: str
    photos: list[PhotoOut]


class RelativeOut(BaseModel):
    """Another one it is related to."""

    id: int
    number: str
    title: str
    state: str
    deadline: datetime
    owner: NameOut


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
    original_deadline: datetime | None
    """The first one, when it has been extended."""
    wanted_deadline: datetime | None
    contingency: str
    state: str
    overdue: bool
    version: int
    alarm_id: int | None
    equipment: NameOut | None
    recurrence: int
    whole: RelativeOut | None
    parts: list[RelativeOut]
    former: RelativeOut | None
    recurrences: list[RelativeOut]
    steps: list[StepOut]
    can: list[str]


class StateOut(BaseModel):
    """Where a rectification stands after a command."""

    id: int
    number: str
    state: str
    version: int


def state_out(rectification: Rectification) -> StateOut:
    """Where it stands."""
    return StateOut(
        id=rectification.id,
        number=rectification.number,
        state=rectification.state,
        version=rectification.version,
    )


def _name(named: Named) -> NameOut:
    return NameOut(id=named.id, name=named.name, name_en=named.name_en)


def card_out(card: Card) -> RectificationOut:
    """A row of a list."""
    return RectificationOut(
        id=card.id,
        number=card.number,
        level=card.level,
        title=card.title,
        state=card.state,
        deadline=card.deadline,
        overdue=card.overdue,
        wanted_deadline=card.wanted_deadline,
        recurrence=card.recurrence,
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


def _relative(one: Relative) -> RelativeOut:
    return RelativeOut(
        id=one.id, number=one.number, title=one.title, state=one.state, deadline=one.deadline, owner=_name(one.owner)
    )


def story_out(story: Story) -> RectificationStoryOut:
    """The whole story."""
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
                "original_deadline",
                "wanted_deadline",
                "recurrence",
                "contingency",
                "state",
                "version",
                "alarm_id",
            }
        ),
        owner=_name(story.people[one.owner_id]),
        overdue=story.left is not None and story.left.overdue,
        equipment=_name(story.equipment) if story.equipment else None,
        whole=_relative(story.relatives.whole) if story.relatives.whole else None,
        parts=[_relative(part) for part in story.relatives.parts],
        former=_relative(story.relatives.former) if story.relatives.former else None,
        recurrences=[_relative(later) for later in story.relatives.later],
        steps=[
            StepOut(
                kind=told.entry.kind,
                at=told.entry.created_at,
                captured_at=told.entry.captured_at,
                person=_name(told.person) if told.person else None,
                to=_name(told.to) if told.to else None,
                deadline=told.entry.deadline,
                note=told.entry.note,
                photos=[_photo(photo) for photo in told.photos],
            )
            for told in story.entries
        ],
        can=sorted(story.can),
    )
