"""One plan with its next time, history and versions; the plans of equipment; what its form offers; photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.maintenance.models import MaintenancePhoto, MaintenancePlan, MaintenancePlanVersion, MaintenanceRecord
from backend.maintenance.queries.due import Upcoming, as_upcoming, opened, site_day
from backend.maintenance.schedule import Standing, standing
from backend.plant.models import Equipment

LAST_DONE = 30
ON_EQUIPMENT = 5


@dataclass(frozen=True)
class Done:
    """What was done, with who did it and its pictures; ``late_days`` after it was due, 0 in time."""

    record: MaintenanceRecord
    person: Person | None
    photos: Sequence[MaintenancePhoto] = ()

    @property
    def late_days(self) -> int:
        """Days between the day it was due, or was first asked for, and the day it was done."""
        record = self.record
        if record.due_on is None or record.done_on is None:
            return 0
        return max((record.done_on - max(record.due_on, record.asked_on or record.due_on)).days, 0)


@dataclass(frozen=True)
class Change:
    """A version with who made it, and what it changed: field → before, after."""

    version: MaintenancePlanVersion
    person: Person | None
    changed: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class PlanView:
    """A plan as its page shows it."""

    plan: MaintenancePlan
    equipment: Equipment
    post: Post | None
    next: Upcoming | None
    done: Sequence[Done]
    changes: Sequence[Change]
    posts: Mapping[int, Post]
    """Those that versions name."""

    @property
    def finished(self) -> bool:
        """Whether it was to be done once, and was."""
        return self.plan.interval_days is None and bool(self.done)


async def plan_view(session: AsyncSession, actor: Actor, plan_id: int) -> PlanView:
    """One plan. Raises NotFound."""
    plan = await get_visible(session, actor, MaintenancePlan, plan_id)
    equipment = await get_visible(session, actor, Equipment, plan.equipment_id)
    row = (await session.execute(opened(actor).where(col(MaintenancePlan.id) == plan_id))).one_or_none()
    changes = await _changes(session, actor, plan_id)
    named = {terms.get("post_id") for one in changes for terms in [one.version.terms]}
    found = await session.scalars(select(Post).where(visible(actor, Post), col(Post.id).in_([i for i in named if i])))
    posts = {post.id: post for post in found}
    return PlanView(
        plan,
        equipment,
        await get_visible(session, actor, Post, plan.post_id) if plan.post_id else None,
        as_upcoming(row, site_day(actor)) if row else None,
        await _done(session, actor, col(MaintenanceRecord.plan_id) == plan_id, most=LAST_DONE),
        changes,
        posts,
    )


@dataclass(frozen=True)
class OnEquipment:
    """What equipment's page says of its upkeep: plans with their next time, plans that rest, what was done last, and
    records of before there were plans that are still open."""

    equipment: Equipment
    due: Sequence[Upcoming]
    resting: Sequence[MaintenancePlan]
    done: Sequence[Done]
    loose: Sequence[tuple[MaintenanceRecord, Standing]]


async def on_equipment(session: AsyncSession, actor: Actor, equipment_id: int) -> OnEquipment:
    """The upkeep of one piece of equipment. Raises NotFound."""
    equipment = await get_visible(session, actor, Equipment, equipment_id)
    today = site_day(actor)
    rows = await session.execute(opened(actor).where(col(MaintenanceRecord.equipment_id) == equipment_id))
    resting = await session.scalars(
        select(MaintenancePlan)
        .where(
            visible(actor, MaintenancePlan),
            col(MaintenancePlan.equipment_id) == equipment_id,
            ~col(MaintenancePlan.active),
        )
        .order_by(col(MaintenancePlan.id))
    )
    here = col(MaintenanceRecord.equipment_id) == equipment_id
    loose = await session.scalars(
        select(MaintenanceRecord)
        .where(
            visible(actor, MaintenanceRecord),
            here,
            col(MaintenanceRecord.plan_id).is_(None),
            col(MaintenanceRecord.done_on).is_(None),
            col(MaintenanceRecord.due_on).is_not(None),
        )
        .order_by(col(MaintenanceRecord.due_on))
    )
    return OnEquipment(
        equipment,
        [as_upcoming(row, today) for row in rows],
        resting.all(),
        await _done(session, actor, here, most=ON_EQUIPMENT),
        [(one, standing(one.due_on or today, 0, today)) for one in loose],
    )


async def _done(session: AsyncSession, actor: Actor, where: Any, *, most: int) -> list[Done]:
    rows = (
        await session.execute(
            select(MaintenanceRecord, Person)
            .outerjoin(Person, col(Person.id) == col(MaintenanceRecord.done_by))
            .where(visible(actor, MaintenanceRecord), where, col(MaintenanceRecord.done_on).is_not(None))
            .order_by(col(MaintenanceRecord.done_on).desc(), col(MaintenanceRecord.id).desc())
            .limit(most)
        )
    ).all()
    photos = await session.scalars(
        select(MaintenancePhoto)
        .where(visible(actor, MaintenancePhoto), col(MaintenancePhoto.record_id).in_([record.id for record, _ in rows]))
        .order_by(col(MaintenancePhoto.id))
    )
    all_photos = photos.all()
    return [
        Done(record, person, [photo for photo in all_photos if photo.record_id == record.id]) for record, person in rows
    ]


async def _changes(session: AsyncSession, actor: Actor, plan_id: int) -> list[Change]:
    """Versions, the newest first."""
    rows = (
        await session.execute(
            select(MaintenancePlanVersion, Person)
            .outerjoin(Person, col(Person.id) == col(MaintenancePlanVersion.made_by))
            .where(visible(actor, MaintenancePlanVersion), col(MaintenancePlanVersion.plan_id) == plan_id)
            .order_by(col(MaintenancePlanVersion.number))
        )
    ).all()
    before: Mapping[str, Any] = {}
    changes = []
    for version, person in rows:
        changes.append(Change(version, person, differences(before, version.terms) if before else {}))
        before = version.terms
    return changes[::-1]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field → before and after, of those that differ."""
    return {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}


async def last_done(session: AsyncSession, actor: Actor, plan_id: int) -> date | None:
    """The latest day on which it was done."""
    return await session.scalar(
        select(col(MaintenanceRecord.done_on))
        .where(
            visible(actor, MaintenanceRecord),
            col(MaintenanceRecord.plan_id) == plan_id,
            col(MaintenanceRecord.done_on).is_not(None),
        )
        .order_by(col(MaintenanceRecord.done_on).desc())
        .limit(1)
    )


@dataclass(frozen=True)
class Choices:
    """What a plan's form offers."""

    equipment: Sequence[Equipment]
    posts: Sequence[Post]


async def choices(session: AsyncSession, actor: Actor) -> Choices:
    """The site's equipment and posts."""
    in_use = select(Equipment).where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
    equipment = await session.scalars(in_use.order_by(col(Equipment.position), col(Equipment.id)))
    posts = await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))
    return Choices(equipment.all(), posts.all())


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> MaintenancePhoto:
    """A photo the actor may see. Raises NotFound."""
    return await get_visible(session, actor, MaintenancePhoto, photo_id)
