"""A site with a channel, what happens there, and the worker's rounds about it."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.commands.stepping import tell
from backend.alarms.models import Alarm
from backend.channels import commands
from backend.channels.forms import Typed, read_draft
from backend.channels.kinds import Kind
from backend.channels.models import Channel, ChannelMessage
from backend.channels.working import follow_all, send_due
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.events import Event
from backend.identity.models import Person, Role, Site
from backend.plant.models import Area, Equipment
from tests.factories import (
    actor_for,
    made,
    make_alarm,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_post,
    make_rule,
    make_site,
)

TOKEN = "693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"
SECRET = "SEC-of-the-robot"


@dataclass
class Scene:
    """``officer`` made the channel; ``tank`` stands in ``area``, and a post answers for it."""

    database: Database
    site: Site
    officer: Person
    area: Area
    tank: Equipment
    channel_id: int = 0

    async def channel(self, **typed: Any) -> int:
        """Make a channel over the command that the page uses; a robot of 企业微信 unless told otherwise."""
        kind = Kind(typed.pop("kind", Kind.WECOM))
        about = {"name": "夜班群", "address": TOKEN, "secret": SECRET if kind is not Kind.WECOM else "", **typed}
        async with self.database.session() as session:
            actor = await actor_for(session, self.officer)
            made_ = await commands.make_channel(session, actor, read_draft(kind, Typed(**about), made=False))
            self.channel_id = made_.id
        return self.channel_id

    async def alarms(self, count: int = 1, level: str = "significant", **fields: Any) -> list[Alarm]:
        """So many alarms are raised at the tank, with their events."""
        found = []
        async with self.database.session() as session:
            for number in range(count):
                point = await make_point(session, self.site, self.tank)
                rule = await make_rule(session, self.site, point)
                title = {"title": f"储罐压力 {number} 高报", "title_en": f"Tank pressure {number} high"}
                here = {"equipment_id": self.tank.id, "area_id": self.area.id, "level": level}
                alarm = await make_alarm(session, self.site, point, rule, **(title | here | fields))
                await tell(session, alarm, "alarm.raised")
                found.append(alarm)
        return found

    async def follow(self, at: datetime | None = None) -> int:
        """The worker follows the events, as of ``at``."""
        with holding(at) if at else nullcontext():
            return await follow_all(self.database)

    async def work(self, after: timedelta = timedelta(seconds=4), *, since: datetime | None = None) -> int:
        """The worker follows the events, and so long after sends what is due."""
        moment = (since or now()) + after
        await self.follow(since)
        with holding(moment):
            return await send_due(self.database)

    async def row(self) -> Channel:
        async with self.database.session() as session:
            return await session.get_one(Channel, self.channel_id)

    async def messages(self) -> Sequence[ChannelMessage]:
        async with self.database.session() as session:
            wanted = select(ChannelMessage).where(col(ChannelMessage.channel_id) == self.channel_id)
            return (await session.scalars(wanted.order_by(col(ChannelMessage.id)))).all()

    async def told(self, kind: str) -> Sequence[Event]:
        """Events about the channel."""
        async with self.database.session() as session:
            wanted = select(Event).where(col(Event.story) == f"channel:{self.channel_id}", col(Event.kind) == kind)
            return (await session.scalars(wanted)).all()


async def set_scene(database: Database) -> Scene:
    """Nothing has happened yet, and no channel of another test calls."""
    async with database.session() as session:
        await session.execute(text("UPDATE channel SET retired_at = now() WHERE retired_at IS NULL"))
        site = await make_site(session, name="一厂", name_en="Plant 1")
        officer = await make_person(session, site, Role.SAFETY_OFFICER)
        await make_person(session, site, Role.LEADER)
        area = await make_area(session, site, name="罐区", name_en="Tank farm")
        post = await make_post(session, site, name="储运岗", name_en="Storage operator")
        tank = await make_equipment(session, site, area, post, name="V-101", name_en="V-101")
        await made(session, tank)
        return Scene(database, site, officer, area, tank)
