"""Traces as people see them: with the names of what they point to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment, Point
from backend.tracing.models import Trace


@dataclass(frozen=True)
class NodeName:
    """A node of the plant graph as people call it."""

    key: str
    name: str
    name_en: str
    url: str
    unit: str = ""
    decimals: int = 2
    equipment_id: int | None = None


@dataclass(frozen=True)
class PostName:
    """A post answerable for equipment, and its holders' names."""

    name: str
    name_en: str
    equipment_key: str
    holders: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TraceView:
    """A trace, its first alarm, and every name its result needs."""

    trace: Trace
    first_alarm: Alarm
    alarm_count: int
    names: dict[str, NodeName]
    posts: list[PostName]
    confirmed_by: tuple[str, str] | None = None

    @property
    def result(self) -> dict[str, Any]:
        """The stored result (``tracing.story``)."""
        return self.trace.result

    def moment(self, iso: str | None) -> datetime | None:
        """A stored moment as a datetime, UTC."""
        return datetime.fromisoformat(iso) if iso else None


async def trace_of_alarm(session: AsyncSession, actor: Actor, alarm_id: int) -> TraceView | None:
    """The trace of the group this alarm belongs to; None while there is none."""
    found = (
        await session.execute(
            select(Trace)
            .join(Alarm, col(Alarm.group_id) == col(Trace.group_id))
            .where(visible(actor, Trace), visible(actor, Alarm), col(Alarm.id) == alarm_id)
        )
    ).scalar_one_or_none()
    return await _view(session, actor, found) if found else None


async def trace_view(session: AsyncSession, actor: Actor, trace_id: int) -> TraceView | None:
    """One trace; None when there is none that the actor may see."""
    found = (
        await session.execute(select(Trace).where(visible(actor, Trace), col(Trace.id) == trace_id))
    ).scalar_one_or_none()
    return await _view(session, actor, found) if found else None


async def alarm_exists(session: AsyncSession, actor: Actor, alarm_id: int) -> bool:
    """Whether the actor may see this alarm at all."""
    found = await session.execute(select(col(Alarm.id)).where(visible(actor, Alarm), col(Alarm.id) == alarm_id))
    return found.scalar_one_or_none() is not None


async def _view(session: AsyncSession, actor: Actor, found: Trace) -> TraceView:
    alarms = (
        (
            await session.execute(
                select(Alarm)
                .where(visible(actor, Alarm), col(Alarm.group_id) == found.group_id)
                .order_by(col(Alarm.raised_at), col(Alarm.id))
            )
        )
        .scalars()
        .all()
    )
    names = await node_names(session, actor, _keys(found.result))
    confirmed = await _people(session, actor, [found.confirmed_by] if found.confirmed_by else [])
    return TraceView(
        found,
        alarms[0],
        len(alarms),
        names,
        await _posts(session, actor, found.result["posts"]),
        confirmed_by=confirmed.get(found.confirmed_by or 0),
    )


def _keys(result: dict[str, Any]) -> set[str]:
    """Every node key a stored result mentions."""
    keys: set[str] = {result["symptom"]} if result["symptom"] else set()
    for cause in result["causes"]:
        keys |= {cause["node"], *cause["path"], *cause["look_at"]}
        keys |= {point for item in (*cause["supports"], *cause["against"]) for point in item["points"]}
        keys |= {f"equipment:{cause['equipment_id']}"} if cause["equipment_id"] else set()
    for item in result["scope"]:
        keys |= {item["node"], *item["path"]}
        keys |= {f"equipment:{item['equipment_id']}"} if item["equipment_id"] else set()
    keys |= {f"equipment:{unit['equipment_id']}" for unit in result["units"]}
    keys |= {f"equipment:{record['equipment_id']}" for record in result["records"]}
    return keys


async def node_names(session: AsyncSession, actor: Actor, keys: Iterable[str]) -> dict[str, NodeName]:
    """Names of nodes by key, in two queries."""
    ids: dict[str, list[int]] = {"point": [], "equipment": []}
    for key in keys:
        kind, _, number = key.partition(":")
        ids[kind].append(int(number))
    points = await session.execute(select(Point).where(visible(actor, Point), col(Point.id).in_(ids["point"])))
    equipment = await session.execute(
        select(Equipment).where(visible(actor, Equipment), col(Equipment.id).in_(ids["equipment"]))
    )
    found = {
        f"point:{p.id}": NodeName(
            f"point:{p.id}", p.name, p.name_en, f"/points/{p.id}", p.unit, p.decimals, p.equipment_id
        )
        for p in points.scalars()
    }
    return found | {
        f"equipment:{q.id}": NodeName(f"equipment:{q.id}", q.name, q.name_en, f"/equipment/{q.id}", equipment_id=q.id)
        for q in equipment.scalars()
    }


async def _posts(session: AsyncSession, actor: Actor, posts: list[dict[str, Any]]) -> list[PostName]:
    rows = await session.execute(
        select(Post).where(visible(actor, Post), col(Post.id).in_([post["post_id"] for post in posts]))
    )
    by_id = {post.id: post for post in rows.scalars()}
    people = await _people(session, actor, [id_ for post in posts for id_ in post["holder_ids"]])
    return [
        PostName(
            by_id[post["post_id"]].name,
            by_id[post["post_id"]].name_en,
            f"equipment:{post['equipment_id']}",
            tuple(people[id_] for id_ in post["holder_ids"] if id_ in people),
        )
        for post in posts
        if post["post_id"] in by_id
    ]


async def _people(session: AsyncSession, actor: Actor, ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = await session.execute(
        select(col(Person.id), col(Person.name), col(Person.name_en)).where(
            visible(actor, Person), col(Person.id).in_(ids)
        )
    )
    return {id_: (name, name_en) for id_, name, name_en in rows}


async def areas_reached(session: AsyncSession, actor: Actor, equipment_ids: list[int]) -> list[tuple[str, str]]:
    """Names of the areas that hold this equipment."""
    rows = await session.execute(
        select(col(Area.name), col(Area.name_en))
        .join(Equipment, col(Equipment.area_id) == col(Area.id))
        .where(visible(actor, Area), visible(actor, Equipment), col(Equipment.id).in_(equipment_ids))
        .distinct()
    )
    return [(name, name_en) for name, name_en in rows]
