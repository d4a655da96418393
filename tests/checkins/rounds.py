"""A small plant with a round: two pieces of equipment, a post with its holder, who leads and who plans."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.checklists import Question
from backend.checkins.commands import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.checkins.models import InspectionPlan, InspectionVisit
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, Post, Role, Site
from backend.plant.models import Equipment
from tests.factories import (
    actor_for,
    hold_post,
    make_area,
    make_equipment,
    make_person,
    make_post,
    make_site,
    make_team,
)

QUESTIONS = (
    Question(ItemKind.YES_NO, "没有泄漏", "No leak"),
    Question(ItemKind.READING, "出口压力", "Outlet pressure", "kPa", 10, 20),
)


@dataclass
class Plant:
    """What tests of check-ins walk through."""

    site: Site
    worker: Person
    mate: Person
    stranger: Person
    leader: Person
    officer: Person
    post: Post
    pump: Equipment
    tank: Equipment
    plan_id: int = 0

    async def visits(self, database: Database) -> list[InspectionVisit]:
        """All visits, in the order of their windows and places."""
        async with database.session(site_id=self.site.id) as session:
            order = (col(InspectionVisit.opens_at), col(InspectionVisit.stop_id))
            found = select(InspectionVisit).where(col(InspectionVisit.site_id) == self.site.id).order_by(*order)
            return list(await session.scalars(found))

    async def visit(self, database: Database, id_: int) -> InspectionVisit:
        """One visit as it stands now."""
        return next(one for one in await self.visits(database) if one.id == id_)

    async def shift(self, database: Database, back: timedelta) -> None:
        """Let time pass: what was planned lies ``back`` further in the past."""
        async with database.session(site_id=self.site.id) as session:
            await session.execute(
                update(InspectionVisit)
                .where(col(InspectionVisit.site_id) == self.site.id)
                .values(opens_at=col(InspectionVisit.opens_at) - back, closes_at=col(InspectionVisit.closes_at) - back)
            )
            await session.execute(
                update(InspectionPlan)
                .where(col(InspectionPlan.site_id) == self.site.id)
                .values(
                    begins_at=col(InspectionPlan.begins_at) - back,
                    planned_until=col(InspectionPlan.planned_until) - back,
                )
            )


async def make_plant(session: AsyncSession, *, rhythm: str = "interval", asks_photo: bool = False) -> Plant:
    """The plant with a plan that asks for both places every two hours, from now on."""
    site = await make_site(session)
    first, second = await make_team(session, site), await make_team(session, site)
    people = [
        await make_person(session, site, role, team)
        for role, team in [
            (Role.WORKER, first),
            (Role.WORKER, first),
            (Role.WORKER, second),
            (Role.LEADER, first),
            (Role.SAFETY_OFFICER, None),
        ]
    ]
    post = await make_post(session, site)
    holder = await hold_post(session, post, people[0])
    holder.since = now() - timedelta(days=9)
    area = await make_area(session, site, first)
    pump = await make_equipment(session, site, area, post, name="循环泵", name_en="Pump")
    tank = await make_equipment(session, site, area, post, name="储罐", name_en="Tank")
    plant = Plant(site, *people, post, pump, tank)
    wish = PlanWish(
        "泵区巡检",
        post.id,
        rhythm,
        QUESTIONS,
        equipment_ids=(pump.id, tank.id),
        name_en="Pump round",
        interval_minutes=120 if rhythm == "interval" else None,
        asks_photo=asks_photo,
    )
    plant.plan_id = (await make_plan(session, await actor_for(session, plant.officer), wish)).id
    return plant
