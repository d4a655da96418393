"""A small plant that is kept up: the scene of incidents with a post whose holder greases the pump."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.maintenance.commands import make_plan
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord
from backend.maintenance.schedule import Terms
from tests.factories import actor_for, hold_post, make_post
from tests.incidents.scene import Scene, set_scene

_Made = TypeVar("_Made")


@dataclass
class Upkeep:
    """The scene, the post that keeps its pump, and the post's holder as who asks."""

    scene: Scene
    post: Post
    keeper: Actor

    @property
    def today(self) -> date:
        """The site's day."""
        return now().astimezone(self.keeper.zone).date()

    def terms(self, **fields: Any) -> Terms:
        """Grease the pump every thirty days, last done ten days ago; ``fields`` otherwise."""
        usual: dict[str, Any] = {
            "name": "轴承加油",
            "name_en": "Grease bearings",
            "kind": "lubrication",
            "since": self.today - timedelta(days=10),
            "interval_days": 30,
            "post_id": self.post.id,
        }
        return Terms(**{**usual, **fields})

    async def plan(self, database: Database, **fields: Any) -> MaintenancePlan:
        """A plan of the leader for the pump."""
        return await do(database, self.scene.leader, make_plan, self.scene.pump.id, self.terms(**fields))


async def make_upkeep(session: AsyncSession) -> Upkeep:
    """Make the plant. The worker of the area's team holds the post."""
    scene = await set_scene(session)
    post = await make_post(session, scene.site)
    scene.pump.owner_post_id = post.id
    worker = await session.get_one(Person, scene.worker.person_id)
    await hold_post(session, post, worker)
    return Upkeep(scene, post, await actor_for(session, worker))


async def do(
    database: Database, actor: Actor, command: Callable[..., Awaitable[_Made]], *arguments: Any, **named: Any
) -> _Made:
    """One command in a transaction of its own."""
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments, **named)


async def records(database: Database, plan: MaintenancePlan) -> list[MaintenanceRecord]:
    """All records of the plan, in the order they were made."""
    async with database.session() as session:
        wanted = select(MaintenanceRecord).where(col(MaintenanceRecord.plan_id) == plan.id)
        return list(await session.scalars(wanted.order_by(col(MaintenanceRecord.id))))


async def open_one(database: Database, plan: MaintenancePlan) -> MaintenanceRecord:
    """The plan's one open record."""
    [one] = [one for one in await records(database, plan) if one.done_on is None and one.dropped_on is None]
    return one


async def told(database: Database, plan: MaintenancePlan, kind: str) -> list[set[int]]:
    """Whom each event of this kind about the plan addresses."""
    async with database.session() as session:
        wanted = select(Event).where(
            col(Event.kind) == kind, col(Event.subject) == "maintenance", col(Event.subject_id) == plan.id
        )
        return [set(one.data["told"]) for one in await session.scalars(wanted.order_by(col(Event.id)))]
