"""A plant with what is distributed: two areas of two stages, and what happens there where a test wants it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmGroup
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Role, Site, Team
from backend.incidents.models import Incident
from backend.plant.models import Area, Equipment, FloorPlan, Point, Stage
from backend.tracing.models import Trace
from tests.factories import (
    actor_for,
    made,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_post,
    make_site,
    make_team,
    unique,
)


@dataclass
class Spread:
    """A pump in the area ``inbound`` of team and post, a tank in the area ``store`` of nobody."""

    site: Site
    team: Team
    post: Post
    stages: dict[str, Stage] = field(default_factory=dict)
    areas: dict[str, Area] = field(default_factory=dict)
    equipment: dict[str, Equipment] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    async def alarm(self, session: AsyncSession, at: datetime, **fields: Any) -> Alarm:
        """Of the pump's pressure; closed."""
        values = {
            "site_id": self.site.id,
            "condition_key": unique("k"),
            "kind": "threshold",
            "level": "general",
            "title": "压力高报",
            "title_en": "Pressure high",
            "state": "closed",
            "raised_at": at,
            "equipment_id": self.equipment["pump"].id,
            "point_id": self.points["pump"].id,
        }
        return await made(session, Alarm(**{**values, **fields}))

    async def explained(self, session: AsyncSession, at: datetime, cause: str, *, confirmed: bool = False) -> int:
        """A flood whose trace names the cause first, with 60 %; gives the flood's id."""
        flood = await made(session, AlarmGroup(site_id=self.site.id, opened_at=at, last_raised_at=at))
        key = f"equipment:{self.equipment['pump'].id}/{cause}"
        fused = {"key": key, "contributes": False, "probability": 0.6, "title": "", "title_en": ""}
        trace = Trace(site_id=self.site.id, group_id=flood.id, window_from=at, window_to=at, made_at=at)
        trace.result, trace.confirmed_node = {"fused": [fused], "causes": []}, key if confirmed else ""
        await made(session, trace)
        return flood.id

    async def report(self, session: AsyncSession, at: datetime, **fields: Any) -> HazardReport:
        """Of the pump, its guard: accepted."""
        values = {
            "site_id": self.site.id,
            "number": unique("SB-"),
            "details": "护栏松动",
            "factor": "object",
            "level": "general",
            "equipment_id": self.equipment["pump"].id,
            "reporter_id": self.people["worker"].id,
            "state": "accepted",
            "created_at": at,
        }
        return await made(session, HazardReport(**{**values, **fields}))

    async def rectification(self, session: AsyncSession, at: datetime, **fields: Any) -> Rectification:
        """In the store."""
        person = self.people["leader"].id
        values = {
            "site_id": self.site.id,
            "number": unique("ZG-"),
            "area_id": self.areas["store"].id,
            "level": "major",
            "title": "更换护栏",
            "measure": "换",
            "owner_id": person,
            "opened_by": person,
            "deadline": at,
            "created_at": at,
        }
        return await made(session, Rectification(**{**values, **fields}))

    async def incident(self, session: AsyncSession, at: datetime, **fields: Any) -> Incident:
        """At the tank, closed."""
        values = {
            "site_id": self.site.id,
            "number": unique("SJ-"),
            "kind": "gas_leak",
            "level": "major",
            "state": "closed",
            "title": "泄漏",
            "title_en": "Leak",
            "equipment_id": self.equipment["tank"].id,
            "began_at": at,
            "opened_at": at,
            "closed_at": at,
        }
        return await made(session, Incident(**{**values, **fields}))


async def make_spread(session: AsyncSession) -> Spread:
    """Make the plant, with a floor plan of both areas."""
    site = await make_site(session)
    team, post = await make_team(session, site), await make_post(session, site)
    one = Spread(site, team, post)
    plan = await made(session, FloorPlan(site_id=site.id, name="全厂", width=400, height=300))
    for place, (name, owner, left) in enumerate((("inbound", team, 0), ("store", None, 200))):
        stage = Stage(site_id=site.id, code=name, name=f"{name}环节", name_en=name, position=place)
        one.stages[name] = await made(session, stage)
        corners = [[left, 0], [left + 190, 0], [left + 190, 290], [left, 290]]
        area = await make_area(session, site, owner, stage_id=stage.id, floor_plan_id=plan.id, polygon=corners)
        one.areas[name] = area
    for name, area, owner_post in (("pump", "inbound", post), ("tank", "store", None)):
        one.equipment[name] = await make_equipment(session, site, one.areas[area], owner_post)
        one.points[name] = await make_point(session, site, one.equipment[name])
    for role in (Role.WORKER, Role.LEADER, Role.MANAGER):
        one.people[role] = await make_person(session, site, role, team)
        one.actors[role] = await actor_for(session, one.people[role])
    return one
