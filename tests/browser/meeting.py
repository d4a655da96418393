"""A review meeting in the middle of its discussion, for the tests that look over every page."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.incidents.commands import Ending, Tap, close, contain, report_incident
from backend.incidents.meeting.commands import (
    Draft,
    Pick,
    Verdict,
    Wish,
    ask_why,
    choose,
    confirm,
    convene,
    decide,
    open_choices,
    tick,
)
from backend.incidents.meeting.whys import Why
from backend.incidents.recording import Said
from backend.plant.models import Area


async def make_meeting(session: AsyncSession, leader: Actor, manager: Actor) -> int:
    """Gives the id of its incident, a near miss that is over; the leader alone attends."""
    area = (await session.scalars(select(col(Area.id)).where(col(Area.site_id) == leader.site_id).limit(1))).one()
    tap = Tap(kind="near_miss", area_id=area, apart=True, said=Said("吊物掉下来", idempotency_key="pages-met"))
    incident = await report_incident(session, leader, tap)
    await contain(session, leader, incident.id, Said(idempotency_key="pages-met-contain"))
    await close(session, manager, incident.id, Ending(), Said(idempotency_key="pages-met-close"))
    at = now() + timedelta(hours=1)
    await convene(session, leader, incident.id, Wish(at, "Room 2", []), "pages-met-convene")
    await choose(session, leader, incident.id, Pick("other"), Said("吊带磨损", idempotency_key="pages-met-choose"))
    await open_choices(session, leader, incident.id)
    await tick(session, leader, incident.id, leader.person_id, present=True)
    await confirm(session, leader, incident.id, Verdict("other", "吊带磨损", "断口磨平"))
    lines = [Why("", "吊带断了"), Why("", "没有按期更换")]
    await ask_why(session, leader, incident.id, lines, "management", 0)
    draft = Draft("吊带每月检查", "management", leader.person_id, now().date() + timedelta(days=7))
    await decide(session, leader, incident.id, draft, "pages-met-decide")
    return incident.id
