"""Traces as people see them: with the names of what they point to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, Level
from backend.core.jobs import Job
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment, Point
from backend.tracing.library.titles import place_of, titles_of
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.naming import RankedCause, first_cause, verdicts

LIKELY = 3
"""So many causes stand on an alarm's page."""


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
class PersonName:
    """Somebody, by name."""

    id: int
    name: str
    name_en: str


@dataclass(frozen=True)
class PostThere:
    """A post by name, with who holds it now."""

    id: int
    name: str
    name_en: str
    holders: tuple[PersonName, ...]


@dataclass(frozen=True)
class PostName:
    """A post answerable for equipment, and who holds it now."""

    post_id: int
    name: str
    name_en: str
    equipment_key: str
    holders: tuple[PersonName, ...]


@dataclass(frozen=True)
class Place:
    """An area by name."""

    id: int
    name: str
    name_en: str


@dataclass(frozen=True)
class Waiting:
    """An alarm whose trace isn't made yet: what its job is doing (None: nobody asked for a trace)."""

    alarm: Alarm
    status: str | None
    attempts: int = 0


@dataclass(frozen=True)
class NamedCause:
    """A cause by its key, with what it is called; ``fused``: all evidence names it, not the readings alone;
    ``disturbance``: 1 where it is of a second fault."""

    key: str
    probability: float
    name: NodeName
    fused: bool
    disturbance: int = 0


@dataclass(frozen=True)
class TraceView:
    """A trace, its first alarm (None for one by hand), and every name its result needs."""

    trace: Trace
    first_alarm: Alarm | None
    alarm_count: int
    names: dict[str, NodeName]
    places: dict[int, Place]
    """Area by equipment id."""
    posts: list[PostName]
    rule_advice: list[tuple[str, str]]
    """What the rules of the group's alarms advise, Chinese and English."""
    confirmed_by: PersonName | None = None
    gravest: Alarm | None = None
    """The alarm whose point is explained: the gravest, of equals the first."""

    @property
    def result(self) -> dict[str, Any]:
        """The stored result (``tracing.story``)."""
        return self.trace.result

    @property
    def started_at(self) -> datetime | None:
        """When the deviation began, UTC."""
        iso = self.result.get("started_at")
        return datetime.fromisoformat(iso) if iso else None

    def name(self, key: str) -> NodeName:
        """What a node is called; its key when it is no longer there."""
        return self.names.get(key) or NodeName(key, key, key, "")

    def named_nodes(self, keys: Iterable[str]) -> list[NodeName]:
        """What several nodes are called."""
        return [self.name(key) for key in keys]

    @property
    def first(self) -> NamedCause | None:
        """What the trace names first; None where it has no cause."""
        return self._called(first) if (first := first_cause(self.result)) else None

    @property
    def two_faults(self) -> bool:
        """Whether a second fault runs at the same time, which the first doesn't explain."""
        return any(cause.get("disturbance") for cause in self.result["causes"])

    @property
    def likely(self) -> list[NamedCause]:
        """The first few causes that all evidence names, likeliest first; none where it was only read from readings."""
        return [self._called(one) for one in verdicts(self.result)[:LIKELY]]

    def _called(self, cause: RankedCause) -> NamedCause:
        name = self.name(place_of(cause.key))
        if not cause.title:
            return NamedCause(cause.key, cause.probability, name, False)
        titled = replace(name, name=f"{name.name}：{cause.title}", name_en=f"{name.name_en}: {cause.title_en}")
        return NamedCause(cause.key, cause.probability, replace(titled, key=cause.key), True, cause.disturbance)

    def equipment_name(self, equipment_id: int | None) -> NodeName | None:
        """What equipment is called."""
        return self.names.get(f"equipment:{equipment_id}") if equipment_id else None


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


async def waiting(session: AsyncSession, actor: Actor, alarm_id: int) -> Waiting | None:
    """How far the work on an alarm's trace is; None when there is no alarm that the actor may see."""
    row = (
        await session.execute(
            select(Alarm, Job)
            .outerjoin(
                Job,
                (col(Job.kind) == TRACE_JOB)
                & (col(Job.site_id) == actor.site_id)
                & (col(Job.dedupe_key) == cast(Alarm.group_id, String)),
            )
            .where(visible(actor, Alarm), col(Alarm.id) == alarm_id)
            .order_by(col(Job.id).desc().nulls_last())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    alarm, job = row
    return Waiting(alarm, job.status, job.attempts) if job else Waiting(alarm, None)


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
    names = await node_names(session, actor, _keys(found.result) | {found.confirmed_node})
    equipment = {name.equipment_id for name in names.values() if name.equipment_id}
    names |= await node_names(session, actor, {f"equipment:{id_}" for id_ in equipment} - names.keys())
    confirmed = await people_by_id(session, actor, [found.confirmed_by] if found.confirmed_by else [])
    return TraceView(
        found,
        alarms[0] if alarms else None,
        len(alarms),
        names,
        await areas_of(session, actor, equipment),
        await _posts(session, actor, found.result["posts"]),
        await _rule_advice(session, actor, found.group_id or 0),
        confirmed_by=confirmed.get(found.confirmed_by or 0),
        gravest=min(alarms, key=lambda alarm: list(Level).index(Level(alarm.level)), default=None),
    )


def _keys(result: dict[str, Any]) -> set[str]:
    """Every node key a stored result mentions."""
    keys: set[str] = {result["symptom"]} if result["symptom"] else set()
    for cause in result["causes"]:
        keys |= {cause["node"], *cause["path"], *cause["look_at"]}
        keys |= {point for item in (*cause["supports"], *cause["against"]) for point in item["points"]}
        keys |= {f"equipment:{cause['equipment_id']}"} if cause["equipment_id"] else set()
    for item in chain(result["scope"], *result.get("forward", {}).values()):
        keys |= {item["node"], *item["path"]}
        keys |= {f"equipment:{item['equipment_id']}"} if item["equipment_id"] else set()
    keys |= {f"equipment:{unit['equipment_id']}" for unit in result["units"]}
    keys |= {f"equipment:{record['equipment_id']}" for record in result["records"]}
    return keys | {f"equipment:{one['equipment_id']}" for one in result.get("fused", []) if one.get("equipment_id")}


async def node_names(session: AsyncSession, actor: Actor, keys: Iterable[str]) -> dict[str, NodeName]:
    """Names of nodes by key, in two queries; a cause of the library is called by its equipment and its title."""
    wanted = set(keys)
    if not wanted:
        return {}
    ids: dict[str, list[int]] = {"point": [], "equipment": []}
    for key in wanted:
        kind, _, number = place_of(key).partition(":")
        if kind in ids and number.isdigit():
            ids[kind].append(int(number))
    told = ("id", "name", "name_en", "unit", "decimals", "equipment_id")
    points = await session.execute(
        select(*(col(getattr(Point, name)) for name in told)).where(
            visible(actor, Point), among(Point.id, ids["point"])
        )
    )
    equipment = await session.execute(
        select(col(Equipment.id), col(Equipment.name), col(Equipment.name_en)).where(
            visible(actor, Equipment), among(Equipment.id, ids["equipment"])
        )
    )
    found = {
        f"point:{p.id}": NodeName(
            f"point:{p.id}", p.name, p.name_en or p.name, f"/points/{p.id}", p.unit, p.decimals, p.equipment_id
        )
        for p in points
    }
    found |= {
        f"equipment:{q.id}": NodeName(
            f"equipment:{q.id}", q.name, q.name_en or q.name, f"/equipment/{q.id}", equipment_id=q.id
        )
        for q in equipment
    }
    titles = await titles_of(session, actor, wanted)
    return found | {
        key: replace(place, key=key, name=f"{place.name}：{title}", name_en=f"{place.name_en}: {title_en}")
        for key, (title, title_en) in titles.items()
        if (place := found.get(place_of(key)))
    }


async def _posts(session: AsyncSession, actor: Actor, posts: list[dict[str, Any]]) -> list[PostName]:
    """The posts of a stored trace with whoever holds them at this moment."""
    there = await posts_held(session, actor, [post["post_id"] for post in posts])
    return [
        PostName(post.id, post.name, post.name_en, f"equipment:{told['equipment_id']}", post.holders)
        for told in posts
        if (post := there.get(told["post_id"]))
    ]


async def posts_held(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> dict[int, PostThere]:
    """Posts by id, with whoever holds them at this moment."""
    wanted = set(ids)
    if not wanted:
        return {}
    posts = await session.scalars(select(Post).where(visible(actor, Post), among(col(Post.id), wanted)))
    held = await session.execute(
        select(col(PostHolder.post_id), col(Person.id), col(Person.name), col(Person.name_en))
        .join(Person, col(Person.id) == col(PostHolder.person_id))
        .where(
            visible(actor, PostHolder),
            visible(actor, Person),
            among(col(PostHolder.post_id), wanted),
            col(PostHolder.until).is_(None),
            col(Person.active),
        )
        .order_by(col(PostHolder.since), col(Person.id))
    )
    holders: dict[int, list[PersonName]] = {}
    for post_id, id_, name, name_en in held:
        holders.setdefault(post_id, []).append(PersonName(id_, name, name_en))
    return {post.id: PostThere(post.id, post.name, post.name_en, tuple(holders.get(post.id, ()))) for post in posts}


async def people_by_id(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> dict[int, PersonName]:
    """People by name."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await session.execute(
        select(col(Person.id), col(Person.name), col(Person.name_en)).where(
            visible(actor, Person), among(col(Person.id), wanted)
        )
    )
    return {id_: PersonName(id_, name, name_en) for id_, name, name_en in rows}


async def _rule_advice(session: AsyncSession, actor: Actor, group_id: int) -> list[tuple[str, str]]:
    """Advice of the rules behind the group's alarms, the first alarm's first, each once."""
    rows = await session.execute(
        select(col(AlarmRule.advice), col(AlarmRule.advice_en))
        .join(Alarm, col(Alarm.rule_id) == col(AlarmRule.id))
        .where(
            visible(actor, Alarm),
            visible(actor, AlarmRule),
            col(Alarm.group_id) == group_id,
            col(AlarmRule.advice) != "",
        )
        .order_by(col(Alarm.raised_at), col(Alarm.id))
    )
    return list(dict.fromkeys((advice, advice_en) for advice, advice_en in rows))


async def areas_of(session: AsyncSession, actor: Actor, equipment_ids: Iterable[int]) -> dict[int, Place]:
    """The area of each piece of equipment that stands in one."""
    rows = await session.execute(
        select(col(Equipment.id), col(Area.id), col(Area.name), col(Area.name_en))
        .join(Area, col(Equipment.area_id) == col(Area.id))
        .where(visible(actor, Area), visible(actor, Equipment), among(col(Equipment.id), equipment_ids))
    )
    return {equipment_id: Place(id_, name, name_en) for equipment_id, id_, name, name_en in rows}
