"""A plant that was there in the month before: a worker who holds a post with rounds, and what they did in it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.hazards.models import Rectification, RectificationEntry
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder
from backend.operations.duty.keeping import follow, freeze
from backend.operations.duty.models import DutyReward, DutyStatement
from backend.operations.duty.months import first_of, shifted
from tests.factories import actor_for, made, make_post, unique
from tests.incidents.scene import Scene, set_scene

_Made = TypeVar("_Made")


@dataclass
class Month:
    """The scene, its month that is over, and the one that runs."""

    scene: Scene
    post: Post
    worker: Actor
    last: date
    running: date

    def at(self, day: int, hour: int = 10) -> datetime:
        """A moment of the month that is over, by the site's clock."""
        local = datetime.combine(self.last + timedelta(days=day - 1), time(hour), self.worker.zone)
        return local.astimezone(UTC)


async def make_month(session: AsyncSession) -> Month:
    """Make it: everybody has been there for long, and the worker has held the post all the time."""
    scene = await set_scene(session)
    long_ago = now() - timedelta(days=400)
    people = await session.scalars(select(Person).where(col(Person.site_id) == scene.site.id))
    for person in people:
        person.created_at = long_ago
    post = await make_post(session, scene.site)
    worker = await session.get_one(Person, scene.worker.person_id)
    await made(session, PostHolder(site_id=scene.site.id, post_id=post.id, person_id=worker.id, since=long_ago))
    actor = await actor_for(session, worker)
    running = first_of(now().astimezone(actor.zone).date())
    return Month(scene, post, actor, shifted(running, -1), running)


async def rounds(session: AsyncSession, month: Month, states: Sequence[str], day: int = 3) -> list[int]:
    """Visits of the post, one an hour of that day; gives their ids."""
    site: dict[str, Any] = {"site_id": month.scene.site.id}
    plan = InspectionPlan(**site, name="巡检", post_id=month.post.id, rhythm="day", begins_at=month.at(1))
    await made(session, plan)
    stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=month.scene.pump.id))
    visits = [
        InspectionVisit(
            **site,
            plan_id=plan.id,
            stop_id=stop.id,
            post_id=month.post.id,
            opens_at=month.at(day) + timedelta(hours=n),
            closes_at=month.at(day) + timedelta(hours=n + 1),
            state=state,
        )
        for n, state in enumerate(states)
    ]
    return [(await made(session, one)).id for one in visits]


async def rectified(session: AsyncSession, month: Month, **fields: Any) -> Rectification:
    """A rectification of the worker, due on the tenth and handed in on the ninth unless told otherwise."""
    values: dict[str, Any] = {
        "site_id": month.scene.site.id,
        "number": unique("ZG-"),
        "level": "general",
        "title": "护栏松动",
        "measure": "紧固",
        "owner_id": month.worker.person_id,
        "deadline": month.at(10),
        "state": "verified",
        "opened_by": month.scene.leader.person_id,
        "submitted_at": month.at(9),
        "verified_at": month.at(12),
        "verified_by": month.scene.officer.person_id,
    }
    return await made(session, Rectification(**{**values, **fields}))


async def sent_back(session: AsyncSession, month: Month, one: Rectification, by: Actor) -> RectificationEntry:
    """The worker handed it in, ``by`` sent it back."""
    entry: dict[str, Any] = {"site_id": one.site_id, "rectification_id": one.id}
    when: dict[str, Any] = {"created_at": month.at(8)}
    await made(session, RectificationEntry(**entry, **when, kind="submitted", person_id=month.worker.person_id))
    return await made(session, RectificationEntry(**entry, **when, kind="returned", person_id=by.person_id))


async def reported(session: AsyncSession, month: Month, level: str = "general") -> HazardReport:
    """A hazard that the worker reported and the leader accepted."""
    report = HazardReport(
        site_id=month.scene.site.id,
        number=unique("SB-"),
        details="地沟盖板缺失",
        factor="object",
        level=level,
        reporter_id=month.worker.person_id,
        state="accepted",
        decided_by=month.scene.leader.person_id,
        created_at=month.at(5),
    )
    return await made(session, report)


async def frozen(database: Database, month: Month) -> bool:
    """The worker role freezes the month that is over, whose grace is over as well."""
    async with database.session() as session:
        return await freeze(session, month.scene.site, month.last)


async def followed(database: Database, month: Month) -> None:
    """The worker role scores the month that runs."""
    async with database.session() as session:
        await follow(session, month.scene.site, month.running)


async def statements(database: Database, month: Month, actor: Actor) -> list[DutyStatement]:
    """A person's statements of the month that is over, by version; version 0 left out."""
    async with database.session() as session:
        wanted = select(DutyStatement).where(
            col(DutyStatement.person_id) == actor.person_id,
            col(DutyStatement.month) == month.last,
            col(DutyStatement.version) > 0,
        )
        return list(await session.scalars(wanted.order_by(col(DutyStatement.version))))


async def score_of(database: Database, month: Month, actor: Actor) -> Decimal | None:
    """The newest score of the month that is over."""
    return (await statements(database, month, actor))[-1].score


async def proposed(database: Database, month: Month) -> list[DutyReward]:
    """What is proposed at the site."""
    async with database.session() as session:
        wanted = select(DutyReward).where(col(DutyReward.site_id) == month.scene.site.id)
        return list(await session.scalars(wanted.order_by(col(DutyReward.id))))


async def told(database: Database, month: Month, kind: str) -> list[set[int]]:
    """Whom each event of this kind at the site addresses."""
    async with database.session() as session:
        wanted = select(Event).where(col(Event.kind) == kind, col(Event.site_id) == month.scene.site.id)
        return [set(one.data["told"]) for one in await session.scalars(wanted.order_by(col(Event.id)))]


async def do(
    database: Database, actor: Actor, command: Callable[..., Awaitable[_Made]], *arguments: Any, **named: Any
) -> _Made:
    """One command in a transaction of its own."""
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments, **named)
