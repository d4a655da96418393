"""What is to be done next: of a site, of a team, of the one who looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Date, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Post, Team
from backend.identity.permissions import made_once, visible
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord, is_open
from backend.maintenance.schedule import Standing, standing
from backend.plant.models import Area, Equipment

MOST = 500


@dataclass(frozen=True)
class Upcoming:
    """An open record with its plan and place, and how it stands today. ``days``: until it is due; below 0: late."""

    record: MaintenanceRecord
    plan: MaintenancePlan
    equipment: Equipment
    area: Area | None
    post: Post | None
    standing: Standing
    days: int

    @property
    def due_on(self) -> date:
        """The day, which every open record of a plan has."""
        return cast("date", self.record.due_on)


def site_day(actor: Actor) -> date:
    """Which day it is at the actor's site."""
    return now().astimezone(actor.zone).date()


def opened(actor: Actor) -> Select[Any]:
    """Open record, plan, equipment, area and post of all that ``actor`` may see, what is due first before the rest."""
    statement = (
        select(MaintenanceRecord, MaintenancePlan, Equipment, Area, Post)
        .join(MaintenancePlan, col(MaintenancePlan.id) == col(MaintenanceRecord.plan_id))
        .join(Equipment, col(Equipment.id) == col(MaintenanceRecord.equipment_id))
        .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
        .outerjoin(Post, col(Post.id) == col(MaintenanceRecord.post_id))
        .where(visible(actor, MaintenanceRecord), is_open(), col(Equipment.retired_at).is_(None))
        .order_by(col(MaintenanceRecord.due_on), col(MaintenanceRecord.id))
    )
    return cast("Select[Any]", statement)


def as_upcoming(row: Any, today: date) -> Upcoming:
    """A row of ``opened``."""
    record, plan, equipment, area, post = row
    stands = standing(record.due_on, plan.notice_days, today)
    return Upcoming(record, plan, equipment, area, post, stands, (record.due_on - today).days)


async def upcoming(
    session: AsyncSession, actor: Actor, *, team_id: int | None = None, mine: bool = False
) -> list[Upcoming]:
    """Everything that is to come, at most ``MOST``; of what a team keeps, or of the actor's posts, if asked."""
    statement = opened(actor).limit(MOST)
    if team_id is not None:
        statement = statement.where(col(Area.team_id) == team_id)
    if mine:
        statement = statement.where(mine_of(actor))
    today = site_day(actor)
    return [as_upcoming(row, today) for row in await session.execute(statement)]


async def due_for(session: AsyncSession, actor: Actor) -> list[Upcoming]:
    """What waits for the holders of the actor's posts: late, or due within its notice."""
    if not actor.post_ids:
        return []
    today = site_day(actor)
    return [as_upcoming(row, today) for row in await session.execute(_due_for(actor), {"today": today})]


@made_once
def _due_for(actor: Actor) -> Select[Any]:
    return opened(actor).where(mine_of(actor), _shows(bindparam("today", type_=Date))).limit(MOST)


async def due_for_count(session: AsyncSession, actor: Actor) -> int:
    """How many ``due_for`` there are."""
    if not actor.post_ids:
        return 0
    counted = (
        select(func.count())
        .select_from(MaintenanceRecord)
        .join(MaintenancePlan, col(MaintenancePlan.id) == col(MaintenanceRecord.plan_id))
        .where(visible(actor, MaintenanceRecord), is_open(), mine_of(actor), _shows(site_day(actor)))
    )
    return int((await session.execute(counted)).scalar_one())


async def teams(session: AsyncSession, actor: Actor) -> Sequence[Team]:
    """Teams that keep areas: by which the list can be narrowed."""
    keeping = select(col(Area.team_id)).where(visible(actor, Area))
    wanted = select(Team).where(visible(actor, Team), col(Team.id).in_(keeping)).order_by(col(Team.id))
    return (await session.scalars(wanted)).all()


def mine_of(actor: Actor) -> ColumnElement[bool]:
    """Records of the actor's posts."""
    return among(col(MaintenanceRecord.post_id), actor.post_ids)


def _shows(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Due within the plan's notice: what ``schedule.standing`` calls soon or late."""
    shows: ColumnElement[bool] = col(MaintenanceRecord.due_on) - col(MaintenancePlan.notice_days) <= today
    return shows
