"""What the form of one check-in shows: the place, its checklist, the visit that is due there, and who was there."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.checklists import USUAL, Question, loaded
from backend.checkins.models import (
    CheckIn,
    CheckInAnswer,
    CheckInPhoto,
    Checklist,
    InspectionPlan,
    InspectionStop,
    InspectionVisit,
    PositionConsent,
    VisitState,
)
from backend.checkins.queries.rounds import DueVisit, Place, as_due, place_of, visits, waiting
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment


@dataclass(frozen=True)
class Asked:
    """What is asked at a place. ``visit`` None: nothing is due there."""

    place: Place
    questions: tuple[Question, ...]
    checklist_id: int | None = None
    visit: DueVisit | None = None
    asks_photo: bool = False
    usual: bool = False
    """Whether the questions are our own, in the language of who looks."""


@dataclass(frozen=True)
class Checked:
    """A check-in with everything its page shows."""

    check_in: CheckIn
    person: Person
    place: Place
    plan: InspectionPlan | None
    answers: list[CheckInAnswer]
    photos: list[CheckInPhoto]


async def asked_of_visit(session: AsyncSession, actor: Actor, visit_id: int) -> Asked:
    """What a visit asks. Raises NotFound, also for one that isn't the actor's to see."""
    if not 0 < visit_id < 2**63:
        raise NotFound()
    row = (await session.execute(visits(actor).where(col(InspectionVisit.id) == visit_id))).one_or_none()
    if row is None:
        raise NotFound()
    return await _asked(session, actor, as_due(row), row[1])


async def asked_of_place(
    session: AsyncSession, actor: Actor, *, equipment_id: int | None, area_id: int | None, unplanned: bool = False
) -> Asked:
    """What is asked at a place: its visit that waits (unless ``unplanned``), else the checklist of its newest plan,
    else the usual questions. Raises NotFound."""
    place = await place_with_id(session, actor, equipment_id=equipment_id, area_id=area_id)
    here = _at(place)
    # What can still be done in time comes before what is already missed, one's own before others'.
    rows = [] if unplanned else list(await session.execute(visits(actor).where(here, waiting())))
    rows.sort(key=lambda row: (row[0].state == VisitState.MISSED, row[0].post_id not in actor.post_ids))
    if rows:
        return await _asked(session, actor, as_due(rows[0]), rows[0][1])
    plan = await _newest_plan(session, actor, here)
    if plan is None:
        return Asked(place, USUAL, usual=True)
    return Asked(place, await questions_of(session, actor, plan.checklist_id), plan.checklist_id)


def _at(place: Place) -> Any:
    column = InspectionStop.area_id if place.is_area else InspectionStop.equipment_id
    return col(column) == place.id


async def _asked(session: AsyncSession, actor: Actor, visit: DueVisit, plan: InspectionPlan) -> Asked:
    questions = await questions_of(session, actor, plan.checklist_id)
    return Asked(visit.place, questions, plan.checklist_id, visit, plan.asks_photo)


async def _newest_plan(session: AsyncSession, actor: Actor, here: Any) -> InspectionPlan | None:
    found = await session.execute(
        select(InspectionPlan)
        .join(
            InspectionStop,
            and_(col(InspectionStop.plan_id) == col(InspectionPlan.id), col(InspectionStop.active), here),
        )
        .where(visible(actor, InspectionPlan), col(InspectionPlan.active))
        .order_by(col(InspectionPlan.id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def questions_of(session: AsyncSession, actor: Actor, checklist_id: int | None) -> tuple[Question, ...]:
    """The checklist's questions; the usual ones for None. Raises NotFound."""
    if checklist_id is None:
        return USUAL
    found = await session.execute(
        select(col(Checklist.items)).where(visible(actor, Checklist), col(Checklist.id) == checklist_id)
    )
    items = found.scalar_one_or_none()
    if items is None:
        raise NotFound()
    return loaded(items)


async def is_asked_at(session: AsyncSession, actor: Actor, checklist_id: int, place: Place) -> bool:
    """Whether the checklist is, or was, one of a plan with this place."""
    found = await session.execute(
        select(col(Checklist.id))
        .join(InspectionStop, and_(col(InspectionStop.plan_id) == col(Checklist.plan_id), _at(place)))
        .where(visible(actor, Checklist), col(Checklist.id) == checklist_id)
    )
    return found.first() is not None


async def place_with_id(session: AsyncSession, actor: Actor, *, equipment_id: int | None, area_id: int | None) -> Place:
    """The place of this id. Raises NotFound, also for neither."""
    if not all(id_ is None or 0 < id_ < 2**63 for id_ in (equipment_id, area_id)):
        raise NotFound()
    if equipment_id is not None:
        found = await session.execute(
            select(Equipment).where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
        )
        equipment = found.scalar_one_or_none()
        if equipment is not None:
            return place_of(equipment, None)
    elif area_id is not None:
        rows = await session.execute(select(Area).where(visible(actor, Area), col(Area.id) == area_id))
        area = rows.scalar_one_or_none()
        if area is not None:
            return place_of(None, area)
    raise NotFound()


async def consents(session: AsyncSession, actor: Actor) -> bool:
    """Whether the actor agreed that check-ins carry their position."""
    found = await session.execute(
        select(col(PositionConsent.id)).where(
            visible(actor, PositionConsent), col(PositionConsent.person_id) == actor.person_id
        )
    )
    return found.first() is not None


def _check_ins(actor: Actor) -> Any:
    return (
        select(CheckIn, Person, Equipment, Area, InspectionPlan)
        .join(Person, col(Person.id) == col(CheckIn.person_id))
        .outerjoin(InspectionVisit, col(InspectionVisit.id) == col(CheckIn.visit_id))
        .outerjoin(InspectionPlan, col(InspectionPlan.id) == col(InspectionVisit.plan_id))
        .outerjoin(Equipment, col(Equipment.id) == col(CheckIn.equipment_id))
        .outerjoin(Area, col(Area.id) == col(CheckIn.area_id))
        .where(visible(actor, CheckIn))
    )


@dataclass(frozen=True)
class CheckInRow:
    """A check-in in a list."""

    check_in: CheckIn
    person: Person
    place: Place


async def recent(
    session: AsyncSession,
    actor: Actor,
    *,
    plan_id: int | None = None,
    visit_id: int | None = None,
    where: ColumnElement[bool] | None = None,
    most: int = 20,
) -> list[CheckInRow]:
    """Check-ins the actor may see, the latest first; of one plan or visit, or of those ``where`` says, if asked."""
    statement = _check_ins(actor)
    if plan_id is not None:
        statement = statement.where(col(InspectionVisit.plan_id) == plan_id)
    if visit_id is not None:
        statement = statement.where(col(CheckIn.visit_id) == visit_id)
    if where is not None:
        statement = statement.where(where)
    rows = await session.execute(statement.order_by(col(CheckIn.at).desc(), col(CheckIn.id).desc()).limit(most))
    return [CheckInRow(one, person, place_of(equipment, area)) for one, person, equipment, area, _ in rows]


async def checked(session: AsyncSession, actor: Actor, check_in_id: int) -> Checked:
    """One check-in. Raises NotFound, also for who may not see it."""
    if not 0 < check_in_id < 2**63:
        raise NotFound()
    row = (await session.execute(_check_ins(actor).where(col(CheckIn.id) == check_in_id))).one_or_none()
    if row is None:
        raise NotFound()
    one, person, equipment, area, plan = row
    answers = await session.execute(
        select(CheckInAnswer)
        .where(visible(actor, CheckInAnswer), col(CheckInAnswer.check_in_id) == one.id)
        .order_by(col(CheckInAnswer.position))
    )
    photos = await session.execute(
        select(CheckInPhoto)
        .where(visible(actor, CheckInPhoto), col(CheckInPhoto.check_in_id) == one.id)
        .order_by(col(CheckInPhoto.id))
    )
    return Checked(one, person, place_of(equipment, area), plan, list(answers.scalars()), list(photos.scalars()))


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> CheckInPhoto:
    """A photo the actor may see. Raises NotFound."""
    found = await session.execute(
        select(CheckInPhoto).where(visible(actor, CheckInPhoto), col(CheckInPhoto.id) == photo_id)
    )
    one = found.scalar_one_or_none()
    if one is None:
        raise NotFound()
    return one
