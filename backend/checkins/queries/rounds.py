"""What is due: the visits that wait for a person or their site, what was missed, and who held the post then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit, VisitState
from backend.checkins.schedule import Window, make_up_until
from backend.core.clock import now
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder
from backend.identity.permissions import made_once, visible
from backend.plant.models import Area, Equipment

AHEAD = timedelta(hours=24)
"""So far one sees what is to come."""
LONGEST = timedelta(days=32)
"""No window lasts longer."""
MOST = 500
MISSED_PAGE = 50


@dataclass(frozen=True)
class Place:
    """A piece of equipment or an area."""

    id: int
    name: str
    name_en: str
    is_area: bool = False

    @property
    def query(self) -> str:
        """How the address of a new check-in names it."""
        return f"{'area' if self.is_area else 'equipment'}={self.id}"

    @property
    def equipment_id(self) -> int | None:
        """The id, of equipment."""
        return None if self.is_area else self.id

    @property
    def area_id(self) -> int | None:
        """The id, of an area."""
        return self.id if self.is_area else None


@dataclass(frozen=True)
class DueVisit:
    """A visit in a list. ``due_at`` is when its time is over; ``missed`` that it is over already."""

    id: int
    plan_id: int
    name: str
    name_en: str
    """Of the plan."""
    place: Place
    post: str
    post_en: str
    opens_at: datetime
    due_at: datetime
    state: str
    missed: bool
    make_up_until: datetime
    post_id: int


@dataclass(frozen=True)
class Round:
    """Visits of the present time by what they need: ``due`` now, ``inherited`` from before, ``coming``, ``done``."""

    due: list[DueVisit]
    inherited: list[DueVisit]
    coming: list[DueVisit]
    done: list[DueVisit]

    @property
    def total(self) -> int:
        """How many the present round has."""
        return len(self.due) + len(self.done)


def place_of(equipment: Equipment | None, area: Area | None) -> Place:
    """The one of both that is there."""
    if equipment is not None:
        return Place(equipment.id, equipment.name, equipment.name_en)
    if area is None:
        raise LookupError("neither equipment nor area")
    return Place(area.id, area.name, area.name_en, is_area=True)


def _mine(actor: Actor) -> ColumnElement[bool]:
    return among(col(InspectionVisit.post_id), actor.post_ids)


def waiting() -> ColumnElement[bool]:
    """Visits that can be done now: open ones, and missed ones until the next is over (``make_up_until``)."""
    closes, opens = col(InspectionVisit.closes_at), col(InspectionVisit.opens_at)
    return and_(
        col(InspectionVisit.state).in_([VisitState.DUE, VisitState.MISSED]),
        opens <= func.now(),
        closes > func.now() - LONGEST,  # says nothing new, but an index can use it
        closes + (closes - opens) > func.now(),
    )


def visits(actor: Actor) -> Select[Any]:
    """Visit, plan, stop, equipment, area and post of all that ``actor`` may see, what ends first before the rest."""
    statement = (
        select(InspectionVisit, InspectionPlan, Equipment, Area, Post)
        .join(InspectionPlan, col(InspectionPlan.id) == col(InspectionVisit.plan_id))
        .join(InspectionStop, col(InspectionStop.id) == col(InspectionVisit.stop_id))
        .join(Post, col(Post.id) == col(InspectionVisit.post_id))
        .outerjoin(Equipment, col(Equipment.id) == col(InspectionStop.equipment_id))
        .outerjoin(Area, col(Area.id) == col(InspectionStop.area_id))
        .where(visible(actor, InspectionVisit))
        .order_by(
            col(InspectionVisit.closes_at),
            col(InspectionVisit.plan_id),
            col(InspectionStop.position),
            col(InspectionVisit.id),
        )
    )
    return cast("Select[Any]", statement)


def as_due(row: Any) -> DueVisit:
    """A row of ``visits``."""
    visit, plan, equipment, area, post = row
    window = Window(visit.opens_at, visit.closes_at)
    return DueVisit(
        id=visit.id,
        plan_id=plan.id,
        name=plan.name,
        name_en=plan.name_en,
        place=place_of(equipment, area),
        post=post.name,
        post_en=post.name_en,
        opens_at=visit.opens_at,
        due_at=visit.closes_at,
        state=visit.state,
        missed=visit.state == VisitState.MISSED or (visit.state == VisitState.DUE and visit.closes_at <= now()),
        make_up_until=make_up_until(window),
        post_id=post.id,
    )


async def due_visits(session: AsyncSession, actor: Actor, *, most: int = MOST) -> list[DueVisit]:
    """What waits for the holders of the actor's posts now, inherited misses first since their time is over."""
    if not actor.post_ids:
        return []
    return [as_due(row) for row in await session.execute(_due_visits(actor, most))]


@made_once
def _due_visits(actor: Actor, most: int) -> Select[Any]:
    return visits(actor).where(_mine(actor), waiting()).limit(most)


async def due_visit_count(session: AsyncSession, actor: Actor) -> int:
    """How many ``due_visits`` there are."""
    if not actor.post_ids:
        return 0
    counted = (
        select(func.count())
        .select_from(InspectionVisit)
        .where(visible(actor, InspectionVisit), _mine(actor), waiting())
    )
    return int((await session.execute(counted)).scalar_one())


async def round_of(session: AsyncSession, actor: Actor, *, everyone: bool = False) -> Round:
    """The present round of the actor's posts; with ``everyone`` of all posts whose visits they may see."""
    closes, opens = col(InspectionVisit.closes_at), col(InspectionVisit.opens_at)
    moment = now()
    wanted = [or_(closes > moment, waiting()), opens <= moment + AHEAD]
    if not everyone:
        wanted.append(_mine(actor))
    found = [as_due(row) for row in await session.execute(visits(actor).where(*wanted).limit(MOST))]
    return Round(
        due=[one for one in found if one.state == VisitState.DUE and one.opens_at <= moment < one.due_at],
        inherited=[one for one in found if one.missed],
        coming=[one for one in found if one.opens_at > moment],
        done=[one for one in found if one.state == VisitState.DONE and one.opens_at <= moment < one.due_at],
    )


@dataclass(frozen=True)
class MissedVisit:
    """A missed visit with the people who held its post in its time, and whether it was made up for."""

    visit: DueVisit
    holders: Sequence[tuple[str, str]]

    @property
    def made_up(self) -> bool:
        """Whether somebody went later."""
        return self.visit.state == VisitState.MADE_UP


async def missed_visits(session: AsyncSession, actor: Actor, *, before: int | None = None) -> list[MissedVisit]:
    """Missed ones, the latest first, ``MISSED_PAGE`` and one more; ``before`` is the id of the last one seen."""
    missed = col(InspectionVisit.state).in_([VisitState.MISSED, VisitState.MADE_UP])
    statement = visits(actor).where(missed).order_by(None).order_by(col(InspectionVisit.id).desc())
    if before is not None:
        statement = statement.where(col(InspectionVisit.id) < before)
    found = [as_due(row) for row in await session.execute(statement.limit(MISSED_PAGE + 1))]
    holders = await _holders(session, actor, {one.post_id for one in found})
    return [MissedVisit(one, _held_in(holders, one)) for one in found]


_Held = tuple[int, datetime, datetime | None, str, str]


async def _holders(session: AsyncSession, actor: Actor, posts: set[int]) -> list[_Held]:
    rows = await session.execute(
        select(
            col(PostHolder.post_id),
            col(PostHolder.since),
            col(PostHolder.until),
            col(Person.name),
            col(Person.name_en),
        )
        .join(Person, col(Person.id) == col(PostHolder.person_id))
        .where(visible(actor, PostHolder), col(PostHolder.post_id).in_(sorted(posts)))
        .order_by(col(PostHolder.since), col(PostHolder.id))
    )
    return [(post, since, until, name, name_en) for post, since, until, name, name_en in rows]


def _held_in(holders: Sequence[_Held], visit: DueVisit) -> list[tuple[str, str]]:
    """Names of those who held the visit's post at some time of its window."""
    held = [
        (name, name_en)
        for post, since, until, name, name_en in holders
        if post == visit.post_id and since < visit.due_at and (until is None or until > visit.opens_at)
    ]
    return list(dict.fromkeys(held))
