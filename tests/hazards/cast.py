"""A small plant for rectifications: two teams, everybody who has a say, an alarm on a reactor."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmRule
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.hazards.plan import Plan
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder, Role, Site, Team
from backend.plant.models import Equipment

_serial = itertools.count(1)


@dataclass
class Cast:
    """The people of one site, and what they have in front of them."""

    site: Site
    people: dict[str, Actor] = field(default_factory=dict)
    alarm_id: int = 0
    reactor_id: int = 0

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


async def make_cast(session: AsyncSession, *, level: str = "general", zone: str = "Asia/Shanghai") -> Cast:
    """A new site: wang and mate in a team under leader, stranger in another under rival; manager, officer."""
    serial = next(_serial)
    site = Site(code=f"site-{serial}", name="试验厂", name_en="Trial plant", time_zone=zone)
    session.add(site)
    await session.flush()
    cast = Cast(site)
    first = await _team(session, site, "甲班", "Team A")
    second = await _team(session, site, "乙班", "Team B")
    for name, role, team in [
        ("wang", Role.WORKER, first),
        ("mate", Role.WORKER, first),
        ("leader", Role.LEADER, first),
        ("stranger", Role.WORKER, second),
        ("rival", Role.LEADER, second),
        ("manager", Role.MANAGER, None),
        ("officer", Role.SAFETY_OFFICER, None),
    ]:
        cast.people[name] = await _person(session, site, f"{name}{serial}", role, team)
    await _alarm(session, cast, level)
    return cast


async def _team(session: AsyncSession, site: Site, name: str, name_en: str) -> Team:
    team = Team(site_id=site.id, code=name_en, name=name, name_en=name_en)
    session.add(team)
    await session.flush()
    return team


async def _person(session: AsyncSession, site: Site, account: str, role: Role, team: Team | None) -> Actor:
    person = Person(
        site_id=site.id,
        account=account,
        name=f"姓{account}",
        name_en=account.title(),
        role=role,
        team_id=team.id if team else None,
        password_hash="-",
    )
    session.add(person)
    await session.flush()
    return Actor(person.id, site.id, role, person.name, team_id=person.team_id, time_zone=site.time_zone)


async def _alarm(session: AsyncSession, cast: Cast, level: str) -> None:
    post = Post(site_id=cast.site.id, code="operator", name="反应岗")
    rule = AlarmRule(site_id=cast.site.id, kind="threshold", name="温度高", advice="降低进料，检查冷却水")
    session.add_all([post, rule])
    await session.flush()
    reactor = Equipment(site_id=cast.site.id, code="R-1", name="反应器", name_en="Reactor", owner_post_id=post.id)
    session.add_all([reactor, PostHolder(site_id=cast.site.id, post_id=post.id, person_id=cast.wang.person_id)])
    await session.flush()
    alarm = Alarm(
        site_id=cast.site.id,
        condition_key=f"{rule.id}:H",
        rule_id=rule.id,
        equipment_id=reactor.id,
        kind="threshold",
        level=level,
        title="反应器温度 高报 121 ℃",
        title_en="Reactor temperature high 121 ℃",
    )
    session.add(alarm)
    await session.flush()
    cast.alarm_id, cast.reactor_id = alarm.id, reactor.id


def a_plan(cast: Cast, **changes: Any) -> Plan:
    """What the leader types after the alarm."""
    fixed: dict[str, Any] = {
        "title": "反应器温度高",
        "measure": "检查冷却水阀",
        "owner_id": cast.wang.person_id,
        "deadline": now() + timedelta(days=3),
        "level": "general",
        "alarm_id": cast.alarm_id,
    }
    return Plan(**{**fixed, **changes})


async def opened(database: Database, cast: Cast, **changes: Any) -> Rectification:
    """A rectification the leader has opened for wang from the alarm."""
    from backend.hazards.commands import open_rectification

    async with database.session(site_id=cast.site.id) as session:
        return await open_rectification(session, cast.leader, a_plan(cast, **changes))
