"""A small plant of one test's own: who works there, what is measured, what raises an alarm."""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import EscalationPolicy, Level
from backend.identity.actor import Actor
from backend.identity.models import LoginSession, Person, Role
from backend.identity.sessions import open_session
from tests.factories import (
    actor_for,
    made,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_rule,
    make_site,
    make_team,
    unique,
)

MEASURED = ("M0", "M1", "M2", "M3", "M4", "M5")
"""Points that are only recorded."""
WATCHED = ("A0", "A1", "A2", "A3")
"""Points with a limit of ``LIMIT``, each on equipment of its own, so that each flood stands alone."""
CLOCKLESS = "C0"
"""A point whose device sends no time."""
SIGNAL = "S0"
"""A watched point by which one can see that the ingest knows this plant and its rules."""
LIMIT = 100.0
FIRST_RUNGS = (0, 1, 2)


@dataclass(frozen=True)
class SignedIn:
    """A person with an open sign-in."""

    actor: Actor
    token: str
    csrf: str


@dataclass(frozen=True)
class Plant:
    """What the driver knows of its plant."""

    site_id: int
    code: str
    points: dict[str, int]
    leader: SignedIn
    manager: SignedIn
    worker_id: int


async def found_plant(session: AsyncSession) -> Plant:
    """Make the plant; the caller commits, then the ingest hears of it."""
    site = await make_site(session)
    team = await make_team(session, site)
    area = await make_area(session, site, team)
    people = {
        role: await make_person(session, site, role, team, account=unique(f"f-{role}"))
        for role in (Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER, Role.WORKER)
    }
    points = {code: (await make_point(session, site, code=code)).id for code in (*MEASURED, CLOCKLESS)}
    for code in (*WATCHED, SIGNAL):
        equipment = await make_equipment(session, site, area)
        point = await make_point(session, site, equipment, code=code)
        points[code] = point.id
        await make_rule(session, site, point, parameters={"limits": {"H": {"value": LIMIT}}})
    roles = (Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER)
    steps = [{"after_s": after, "roles": [role]} for after, role in zip(FIRST_RUNGS, roles, strict=True)]
    await made(session, EscalationPolicy(site_id=site.id, level=Level.GENERAL, steps=steps, repeat_s=10))
    await session.execute(text("SELECT pg_notify('ansu_plant', ''), pg_notify('ansu_rules', '')"))
    return Plant(
        site_id=site.id,
        code=site.code,
        points=points,
        leader=await _sign_in(session, people[Role.LEADER]),
        manager=await _sign_in(session, people[Role.MANAGER]),
        worker_id=people[Role.WORKER].id,
    )


async def _sign_in(session: AsyncSession, person: Person) -> SignedIn:
    token = await open_session(session, person, device="driver", address="")
    found = select(col(LoginSession.csrf_token)).where(col(LoginSession.person_id) == person.id)
    return SignedIn(await actor_for(session, person), token, str((await session.scalars(found)).one()))
