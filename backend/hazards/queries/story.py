"""One rectification with everything its page shows, in four statements."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.errors import NotFound
from backend.hazards.lifecycle import Case, Somebody, Step, possible
from backend.hazards.models import Photo, Rectification, RectificationEntry, RectificationState
from backend.hazards.plan import TimeLeft
from backend.hazards.queries.board import Named, left, named
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


def somebody(actor: Actor) -> Somebody:
    """The actor as the rules see them."""
    return Somebody(actor.person_id, actor.role, actor.team_id)


def case_of(rectification: Rectification, owner_team_id: int | None) -> Case:
    """The rectification as the rules see it."""
    return Case(
        RectificationState(rectification.state),
        rectification.level,
        rectification.owner_id,
        owner_team_id,
        rectification.opened_by,
        rectification.submitted_by,
    )


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
    case = case_of(rectification, people[rectification.owner_id][0].team_id)
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
    )


def _told(entry: RectificationEntry, names: dict[int, Named], photos: list[Photo]) -> Told:
    to = names.get(entry.to_person_id) if entry.to_person_id else None
    return Told(entry, names.get(entry.person_id), to, [photo for photo in photos if photo.entry_id == entry.id])


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
    ids |= {id_ for id_ in (rectification.submitted_by, rectification.verified_by) if id_}
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
