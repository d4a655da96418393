"""Inspection plans for those who lead: with their posts, places, checklist and how the last visits went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.calendar import USUAL_SHIFTS
from backend.checkins.checklists import Question
from backend.checkins.models import (
    InspectionPlan,
    InspectionStop,
    InspectionVisit,
    PlaceFence,
    SiteCalendar,
    VisitState,
)
from backend.checkins.queries.rounds import Place, place_of
from backend.checkins.queries.visiting import questions_of
from backend.core.clock import now
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import visible
from backend.identity.queries.audit import Entry, Filter, audit_entries
from backend.plant.models import Area, Equipment

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class PlanCard:
    """A plan in the list; counts are of visits whose time was over within ``LOOK_BACK``."""

    plan: InspectionPlan
    post: Post
    stops: int
    done: int
    over: int


@dataclass(frozen=True)
class Stop:
    """A place of a plan with its fence, if it has one."""

    id: int
    place: Place
    fence: PlaceFence | None


@dataclass(frozen=True)
class PlanView:
    """A plan with everything its page shows."""

    plan: InspectionPlan
    post: Post
    stops: list[Stop]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Calendar:
    """The site's shifts and holidays."""

    shifts: list[str]
    holidays: list[str]


async def plans(session: AsyncSession, actor: Actor) -> list[PlanCard]:
    """All plans of the site, those in use first."""
    over = (
        select(
            col(InspectionVisit.plan_id).label("plan_id"),
            func.count().label("over"),
            func.count().filter(col(InspectionVisit.state) == VisitState.DONE).label("done"),
        )
        .where(
            visible(actor, InspectionVisit),
            col(InspectionVisit.closes_at).between(now() - LOOK_BACK, now()),
        )
        .group_by(col(InspectionVisit.plan_id))
        .subquery()
    )
    stops = (
        select(col(InspectionStop.plan_id).label("plan_id"), func.count().label("stops"))
        .where(visible(actor, InspectionStop), col(InspectionStop.active))
        .group_by(col(InspectionStop.plan_id))
        .subquery()
    )
    rows = await session.execute(
        select(InspectionPlan, Post, stops.c.stops, over.c.done, over.c.over)
        .join(Post, col(Post.id) == col(InspectionPlan.post_id))
        .outerjoin(stops, stops.c.plan_id == col(InspectionPlan.id))
        .outerjoin(over, over.c.plan_id == col(InspectionPlan.id))
        .where(visible(actor, InspectionPlan))
        .order_by(col(InspectionPlan.active).desc(), col(InspectionPlan.id))
    )
    return [PlanCard(plan, post, stops_ or 0, done or 0, total or 0) for plan, post, stops_, done, total in rows]


async def plan_view(session: AsyncSession, actor: Actor, plan_id: int) -> PlanView:
    """One plan. Raises NotFound."""
    if not 0 < plan_id < 2**63:
        raise NotFound()
    row = (
        await session.execute(
            select(InspectionPlan, Post)
            .join(Post, col(Post.id) == col(InspectionPlan.post_id))
            .where(visible(actor, InspectionPlan), col(InspectionPlan.id) == plan_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    plan, post = row
    return PlanView(
        plan, post, await stops_of(session, actor, plan.id), await questions_of(session, actor, plan.checklist_id)
    )


async def stops_of(session: AsyncSession, actor: Actor, plan_id: int) -> list[Stop]:
    """The plan's places in use, in the order of the round."""
    rows = await session.execute(
        select(InspectionStop, Equipment, Area, PlaceFence)
        .outerjoin(Equipment, col(Equipment.id) == col(InspectionStop.equipment_id))
        .outerjoin(Area, col(Area.id) == col(InspectionStop.area_id))
        .outerjoin(
            PlaceFence,
            or_(
                col(PlaceFence.equipment_id) == col(InspectionStop.equipment_id),
                col(PlaceFence.area_id) == col(InspectionStop.area_id),
            ),
        )
        .where(visible(actor, InspectionStop), col(InspectionStop.plan_id) == plan_id, col(InspectionStop.active))
        .order_by(col(InspectionStop.position), col(InspectionStop.id))
    )
    return [Stop(stop.id, place_of(equipment, area), fence) for stop, equipment, area, fence in rows]


async def fence_of(session: AsyncSession, actor: Actor, place: Place) -> PlaceFence | None:
    """The fence of a place; equipment without one has that of its area."""
    if place.is_area:
        wanted = col(PlaceFence.area_id) == place.id
    else:
        area = (
            select(col(Equipment.area_id)).where(visible(actor, Equipment), col(Equipment.id) == place.id)
        ).scalar_subquery()
        wanted = or_(col(PlaceFence.equipment_id) == place.id, col(PlaceFence.area_id) == area)
    found = await session.execute(
        select(PlaceFence)
        .where(visible(actor, PlaceFence), wanted)
        .order_by(col(PlaceFence.equipment_id).nulls_last())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def site_calendar(session: AsyncSession, actor: Actor) -> Calendar:
    """The site's own, or the usual shifts without holidays."""
    found = await session.execute(select(SiteCalendar).where(visible(actor, SiteCalendar)))
    own = found.scalar_one_or_none()
    return Calendar(own.shifts, own.holidays) if own else Calendar(list(USUAL_SHIFTS), [])


async def calendar_changes(session: AsyncSession, actor: Actor) -> Sequence[Entry]:
    """The last changes of the site's calendar, the newest first."""
    return (await audit_entries(session, actor, Filter(object_type="site_calendar"))).entries


@dataclass(frozen=True)
class Places:
    """What a plan can be made of."""

    posts: list[Post]
    equipment: list[Equipment]
    areas: list[Area]


async def places(session: AsyncSession, actor: Actor) -> Places:
    """Posts, equipment and areas of the site in the order in which they were described."""
    posts = await session.execute(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))
    in_use = select(Equipment).where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
    equipment = await session.scalars(in_use.order_by(col(Equipment.position), col(Equipment.id)))
    grounds = select(Area).where(visible(actor, Area), col(Area.retired_at).is_(None))
    areas = await session.scalars(grounds.order_by(col(Area.position), col(Area.id)))
    return Places(list(posts.scalars()), list(equipment), list(areas))
