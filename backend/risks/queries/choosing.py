"""What the forms of risk points offer."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import Checklist, InspectionPlan
from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import visible
from backend.maintenance.models import MaintenancePlan
from backend.plant.models import Area, Equipment, Stage


@dataclass(frozen=True)
class Choices:
    """Places and posts of the site."""

    stages: Sequence[Stage]
    areas: Sequence[Area]
    equipment: Sequence[Equipment]
    posts: Sequence[Post]


@dataclass(frozen=True)
class Checks:
    """What can check a measure: inspection plans in use with the items of their checklist, and maintenance plans."""

    plans: Sequence[tuple[InspectionPlan, Sequence[tuple[str, str]]]]
    """Items as title and English title."""
    maintenance: Sequence[MaintenancePlan]


async def choices(session: AsyncSession, actor: Actor) -> Choices:
    """In the order in which people look for them."""
    stages = select(Stage).where(visible(actor, Stage)).order_by(col(Stage.position), col(Stage.id))
    areas = select(Area).where(visible(actor, Area)).order_by(col(Area.code))
    equipment = select(Equipment).where(visible(actor, Equipment)).order_by(col(Equipment.code))
    posts = select(Post).where(visible(actor, Post)).order_by(col(Post.id))
    return Choices(
        (await session.scalars(stages)).all(),
        (await session.scalars(areas)).all(),
        (await session.scalars(equipment)).all(),
        (await session.scalars(posts)).all(),
    )


async def checks(session: AsyncSession, actor: Actor) -> Checks:
    """Plans in use."""
    planned = await session.execute(
        select(InspectionPlan, col(Checklist.items))
        .outerjoin(Checklist, col(Checklist.id) == col(InspectionPlan.checklist_id))
        .where(visible(actor, InspectionPlan), col(InspectionPlan.active))
        .order_by(col(InspectionPlan.name))
    )
    plans = [
        (plan, [(item["title"], item.get("title_en") or item["title"]) for item in items or ()])
        for plan, items in planned
    ]
    kept = (
        select(MaintenancePlan)
        .where(visible(actor, MaintenancePlan), col(MaintenancePlan.active))
        .order_by(col(MaintenancePlan.name))
    )
    return Checks(plans, (await session.scalars(kept)).all())
