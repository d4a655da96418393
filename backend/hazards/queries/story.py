"""One rectification with everything its page shows: four statements, five when it is related to others."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.errors import NotFound
from backend.hazards.lifecycle import Case, Step, possible
from backend.hazards.models import Photo, Rectification, RectificationEntry, RectificationState
from backend.hazards.plan import TimeLeft
from backend.hazards.queries.board import Named, left, named
from backend.hazards.queries.cases import case_of, somebody
from backend.identity.actor import Actor
from backend.identity.models import Person, Team
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment


@dataclass(frozen=True)
class Told:
    """One step in the story of a rectification."""

    entry: RectificationEntry
    person: Named | None
    to: Named | None
    """The new owner, of a reassignment."""
    photos: list[Photo]


@dataclass(frozen=True)
class Relative:
    """Another rectification that this one is related to."""

    id: int
    number: str
    title: str
    state: str
    deadline: datetime
    owner: Named
    left: TimeLeft | None


@dataclass(frozen=True)
class Relatives:
    """Those of them that the actor may see."""

    whole: Relative | None = None
    parts: list[Relative] = field(default_factory=list)
    former: Relative | None = None
    later: list[Relative] = field(default_factory=list)
    """Its recurrences."""
    whole_owner_id: int | None = None


@dataclass(frozen=True)
class Story:
    """A rectification with everything its page shows."""

    rectification: Rectification
    case: Case
    people: dict[int, Named]
    teams: dict[int, Named]
    """Team by person id."""
    equipment: Named | None
    area: Named | None
    alarm: Named | None
    entries: list[Told]
    before: list[Photo]
    after: list[Photo]
    left: TimeLeft | None
    can: frozenset[Step]
    relatives: Relatives


async def story(session: AsyncSession, actor: Actor, rectification_id: int) -> Story:
    """One rectification with its steps, photos and names. Raises NotFound, also for who may not see it."""
    row = (
        await session.execute(
            select(Rectification, Equipment, Area, Alarm)
            .outerjoin(Equipment, col(Equipment.id) == col(Rectification.equipment_id))
            .outerjoin(Area, col(Area.id) == col(Rectification.area_id))
            .outerjoin(Alarm, col(Alarm.id) == col(Rectification.alarm_id))
            .where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    rectification, equipment, area, alarm = row
    entries = await _entries(session, actor, rectification_id)
    photos = await _photos(session, actor, rectification_id)
    people = await _people(session, actor, rectification, entries)
    split = any(entry.kind == Step.SPLIT for entry in entries)
    relatives = await _relatives(session, actor, rectification, split)
    case = case_of(rectification, people[rectification.owner_id][0].team_id, relatives.whole_owner_id)
    names = {id_: named(person) for id_, (person, _) in people.items()}
    return Story(
        rectification=rectification,
        case=case,
        people=names,
        teams={id_: named(team) for id_, (_, team) in people.items() if team},
        equipment=named(equipment) if equipment else None,
        area=named(area) if area else None,
        alarm=Named(alarm.id, alarm.title, alarm.title_en) if alarm else None,
        entries=[_told(entry, names, photos) for entry in entries],
        before=[photo for photo in photos if photo.stage == "before"],
        after=[photo for photo in photos if photo.stage == "after"],
        left=left(rectification),
        can=possible(case, somebody(actor)),
        relatives=relatives,
    )


def _told(entry: RectificationEntry, names: dict[int, Named], photos: list[Photo]) -> Told:
    to = names.get(entry.to_person_id) if entry.to_person_id else None
    return Told(entry, names.get(entry.person_id), to, [photo for photo in photos if photo.entry_id == entry.id])


async def _relatives(session: AsyncSession, actor: Actor, one: Rectification, split: bool) -> Relatives:
    if not (one.parent_id or one.recurs_id or split or one.state == RectificationState.VERIFIED):
        return Relatives()
    near = [id_ for id_ in (one.parent_id, one.recurs_id) if id_]
    found = await session.execute(
        select(Rectification, Person)
        .join(Person, col(Person.id) == col(Rectification.owner_id))
        .where(
            visible(actor, Rectification),
            or_(
                col(Rectification.id).in_(near),
                col(Rectification.parent_id) == one.id,
                col(Rectification.recurs_id) == one.id,
            ),
        )
        .order_by(col(Rectification.id))
    )
    rows = [(other, _relative(other, owner)) for other, owner in found]
    return Relatives(
        whole=next((known for other, known in rows if other.id == one.parent_id), None),
        parts=[known for other, known in rows if other.parent_id == one.id],
        former=next((known for other, known in rows if other.id == one.recurs_id), None),
        later=[known for other, known in rows if other.recurs_id == one.id],
        whole_owner_id=next((other.owner_id for other, _ in rows if other.id == one.parent_id), None),
    )


def _relative(one: Rectification, owner: Person) -> Relative:
    return Relative(one.id, one.number, one.title, one.state, one.deadline, named(owner), left(one))


async def _entries(session: AsyncSession, actor: Actor, rectification_id: int) -> list[RectificationEntry]:
    found = await session.execute(
        select(RectificationEntry)
        .where(visible(actor, RectificationEntry), col(RectificationEntry.rectification_id) == rectification_id)
        .order_by(col(RectificationEntry.id))
    )
    return list(found.scalars())


async def _photos(session: AsyncSession, actor: Actor, rectification_id: int) -> list[Photo]:
    found = await session.execute(
        select(Photo)
        .where(visible(actor, Photo), col(Photo.rectification_id) == rectification_id)
        .order_by(col(Photo.id))
    )
    return list(found.scalars())


async def _people(
    session: AsyncSession, actor: Actor, rectification: Rectification, entries: list[RectificationEntry]
) -> dict[int, tuple[Person, Team | None]]:
    ids = {entry.person_id for entry in entries} | {rectification.owner_id, rectification.opened_by}
    ids |= {entry.to_person_id for entry in entries if entry.to_person_id}
    ids |= {id_ for id_ in (rectification.submitted_by, rectification.verified_by, rectification.extension_by) if id_}
    found = await session.execute(
        select(Person, Team)
        .outerjoin(Team, col(Team.id) == col(Person.team_id))
        .where(visible(actor, Person), col(Person.id).in_(ids))
    )
    return {person.id: (person, team) for person, team in found}


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> Photo:
    """A photo ``actor`` may see. Raises NotFound."""
    found = await session.execute(select(Photo).where(visible(actor, Photo), col(Photo.id) == photo_id))
    one = found.scalar_one_or_none()
    if one is None:
        raise NotFound()
    return one
