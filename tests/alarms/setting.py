"""A small plant for the tests of alarms: one team's area, equipment in a row, points, rules, people of every role."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder, Role, Site, Team
from backend.plant.models import Area, Equipment, Link, Point
from backend.telemetry.judging import LiveValue

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass
class Setting:
    """Ids of what ``settle`` made; ``equipment`` and ``points`` are in the order of the flow."""

    site_id: int
    team_id: int
    area_id: int
    equipment: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    people: dict[Role, int] = field(default_factory=dict)
    site_name: str = ""

    def actor(self, role: Role = Role.LEADER) -> Actor:
        """The person of ``role`` as who asks."""
        return Actor(self.people[role], self.site_id, role, role.value, team_id=self.team_id)

    def value(self, value: float, seconds: float = 0, point: int = 0) -> LiveValue:
        """A live value of a point, ``seconds`` after T0."""
        return LiveValue(self.site_id, self.points[point], T0 + timedelta(seconds=seconds), value, 0)


async def settle(session: AsyncSession, *, machines: int = 3, roles: Sequence[Role] = tuple(Role)) -> Setting:
    """Make the plant: ``machines`` pieces of equipment linked in a row, a point on each, one person a role."""
    tag = uuid4().hex[:8]
    site = await _made(session, Site(code=tag, name=f"厂区{tag}", name_en=f"Site {tag}"))
    team = await _made(session, Team(site_id=site.id, code="A", name="甲班", name_en="Shift A"))
    area = await _made(session, Area(site_id=site.id, code="R", name="反应区", name_en="Reaction", team_id=team.id))
    setting = Setting(site.id, team.id, area.id, site_name=site.name)
    post = await _made(session, Post(site_id=site.id, code="op", name="反应岗", name_en="Reactor post"))
    for i in range(machines):
        equipment = await _made(
            session,
            Equipment(
                site_id=site.id, code=f"E{i}", name=f"设备{i}", name_en=f"Unit {i}", area_id=area.id,
                owner_post_id=post.id,
            ),
        )  # fmt: skip
        setting.equipment.append(equipment.id)
        point = await _made(
            session,
            Point(
                site_id=site.id, code=f"P{i}", name=f"压力{i}", name_en=f"Pressure {i}", unit="kPa", decimals=1,
                equipment_id=equipment.id,
            ),
        )  # fmt: skip
        setting.points.append(point.id)
    for source, target in zip(setting.equipment, setting.equipment[1:], strict=False):
        await _made(session, Link(site_id=site.id, source_equipment_id=source, target_equipment_id=target))
    for role in roles:
        person = await add_person(session, setting, role)
        setting.people[role] = person.id
    if setting.people:
        holder = next(iter(setting.people.values()))
        await _made(session, PostHolder(site_id=site.id, post_id=post.id, person_id=holder))
    return setting


async def add_person(session: AsyncSession, setting: Setting, role: Role, *, team_id: int | None = None) -> Person:
    """One more person."""
    return await _made(
        session,
        Person(
            site_id=setting.site_id, account=uuid4().hex, name=f"{role.value}某", role=role, password_hash="-",
            team_id=team_id or setting.team_id,
        ),
    )  # fmt: skip


async def add_rule(session: AsyncSession, setting: Setting, *, point: int | None = 0, **fields: Any) -> AlarmRule:
    """A rule; by default H 100 and HH 120 (major) on the first point with a deadband of 5."""
    values: dict[str, Any] = {
        "kind": RuleKind.THRESHOLD,
        "name": "压力高",
        "level": Level.GENERAL,
        "parameters": {"limits": {"H": {"value": 100.0}, "HH": {"value": 120.0, "level": "major"}}},
        "deadband": 5.0,
    }
    point_id = None if point is None else setting.points[point]
    return await _made(session, AlarmRule(site_id=setting.site_id, point_id=point_id, **(values | fields)))


async def _made(session: AsyncSession, row: Any) -> Any:
    session.add(row)
    await session.flush()
    return row
