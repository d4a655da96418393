"""Lost points of a worker for browser tests: rounds that nobody made, which the worker role then counts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, PostHolder, Site
from backend.operations.duty.commands import Complaint, appeal_point
from backend.operations.duty.keeping import follow
from backend.operations.duty.queries import present_month
from backend.plant.models import Equipment
from tests.factories import actor_for, made, make_post


async def missed_round(database: Database, account: str) -> str:
    """A post of the person's own whose only round was missed just now; gives the key of the point it costs."""
    async with database.session() as session:
        person = (await session.scalars(select(Person).where(col(Person.account) == account))).one()
        site = await session.get_one(Site, person.site_id)
        post = await make_post(session, site, name="夜班值守", name_en="Night watch")
        own: dict[str, Any] = {"site_id": site.id, "post_id": post.id}
        held = now() - timedelta(hours=2)
        await made(session, PostHolder(**own, person_id=person.id, since=held, until=now() + timedelta(seconds=1)))
        plan = InspectionPlan(**own, name="夜班巡检", name_en="Night round", rhythm="day", begins_at=held, active=False)
        await made(session, plan)
        equipment = (await session.scalars(select(Equipment).where(col(Equipment.code) == "REACTOR"))).one()
        stop = await made(session, InspectionStop(site_id=site.id, plan_id=plan.id, equipment_id=equipment.id))
        times = {"opens_at": held, "closes_at": now() - timedelta(minutes=1)}
        visit = InspectionVisit(**own, plan_id=plan.id, stop_id=stop.id, state="missed", **times)
        await made(session, visit)
        await follow(session, site, present_month(await actor_for(session, person)))
        return f"visit_missed:{visit.id}"


async def appealed(database: Database, account: str) -> dict[str, int]:
    """One lost point of the person is appealed and waits for its answer, another isn't; ids by name."""
    lost, left = await missed_round(database, account), await missed_round(database, account)
    async with database.session() as session:
        person = (await session.scalars(select(Person).where(col(Person.account) == account))).one()
        actor = await actor_for(session, person)
        appeal = await appeal_point(session, actor, Complaint(present_month(actor), lost, "当晚全厂停电，进不了现场"))
        return {"duty_appeal": appeal.id, "missed": int(left.partition(":")[2])}
