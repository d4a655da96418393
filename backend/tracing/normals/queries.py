"""Baselines, the work on them and the past to learn from, as people see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, RuleKind
from backend.core.clock import now
from backend.core.jobs import Job, JobStatus
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.plant.models import Point
from backend.telemetry.models import LearnedNormal, PointState
from backend.tracing.normals.models import NORMAL_JOB, NormalWork, WorkKind, WorkState
from backend.tracing.normals.quiet import HOUR, Hour, hours_between, troubles
from backend.tracing.plant import point_key
from backend.tracing.queries import PersonName

PAST = timedelta(days=30)
PROBES = 3
"""So many points tell whether an hour has readings: the latest heard."""
MOST_VERSIONS = 40


@dataclass(frozen=True)
class WorkView:
    """A work and whether a worker goes on with it."""

    work: NormalWork
    running: bool
    by: PersonName | None

    @property
    def broken(self) -> bool:
        """Whether its job failed for good."""
        return self.work.state == WorkState.BROKEN or (self.work.state == WorkState.RUNNING and not self.running)


@dataclass(frozen=True)
class VersionView:
    """A baseline without its parameters; ``made`` brought it (None: a starter pack did), ``trial`` is its latest."""

    id: int
    version: int
    active: bool
    learned_at: datetime
    learned_from: str
    from_at: datetime | None
    to_at: datetime | None
    row_s: float | None
    points: int
    rows: int
    made: WorkView | None
    trial: WorkView | None


_SHOWN = ("id", "version", "active", "learned_at", "learned_from", "from_at", "to_at", "row_s")


async def versions(session: AsyncSession, actor: Actor) -> list[VersionView]:
    """The site's baselines, the newest first."""
    return await _versions(session, actor)


async def version(session: AsyncSession, actor: Actor, normal_id: int) -> VersionView:
    """One baseline. Raises NotFound for another site's."""
    await get_visible(session, actor, LearnedNormal, normal_id)
    return (await _versions(session, actor, normal_id))[0]


async def _versions(session: AsyncSession, actor: Actor, normal_id: int | None = None) -> list[VersionView]:
    wanted = select(
        *(getattr(LearnedNormal, name) for name in (*_SHOWN, "point_ids")),
        LearnedNormal.parameters["rows"].as_integer().label("rows"),
    ).where(visible(actor, LearnedNormal))
    if normal_id is not None:
        wanted = wanted.where(col(LearnedNormal.id) == normal_id)
    rows = (
        (await session.execute(wanted.order_by(col(LearnedNormal.version).desc()).limit(MOST_VERSIONS)))
        .mappings()
        .all()
    )
    done = await _works(session, actor, [row["id"] for row in rows])
    return [
        VersionView(
            **{name: row[name] for name in _SHOWN},
            points=len(row["point_ids"]),
            rows=row["rows"],
            made=done.get((row["id"], WorkKind.LEARN)),
            trial=done.get((row["id"], WorkKind.TRY)),
        )
        for row in rows
    ]


async def point_names(session: AsyncSession, actor: Actor, normal_id: int) -> list[PersonName]:
    """The points that a baseline knows, by name."""
    ids = (await get_visible(session, actor, LearnedNormal, normal_id)).point_ids
    wanted = select(col(Point.id), col(Point.name), col(Point.name_en)).where(
        visible(actor, Point), col(Point.id).in_(ids)
    )
    return [PersonName(*row) for row in await session.execute(wanted.order_by(col(Point.code)))]


async def named_points(session: AsyncSession, actor: Actor, keys: Iterable[str]) -> dict[str, PersonName]:
    """Points by their node keys."""
    ids = {int(key.partition(":")[2]) for key in keys}
    wanted = select(col(Point.id), col(Point.name), col(Point.name_en)).where(
        visible(actor, Point), col(Point.id).in_(ids)
    )
    return {point_key(row[0]): PersonName(*row) for row in await session.execute(wanted)}


async def latest_work(session: AsyncSession, actor: Actor) -> WorkView | None:
    """What a worker does now, or what came last of learning."""
    wanted = select(NormalWork).where(visible(actor, NormalWork)).order_by(col(NormalWork.id).desc()).limit(1)
    row = (await session.scalars(wanted)).first()
    return (await _views(session, actor, [row]))[0] if row else None


async def work_view(session: AsyncSession, actor: Actor, work_id: int) -> WorkView:
    """One work. Raises NotFound for another site's."""
    return (await _views(session, actor, [await get_visible(session, actor, NormalWork, work_id)]))[0]


async def at_work(session: AsyncSession, actor: Actor) -> set[int]:
    """Works that a job of the actor's site is to go on with."""
    wanted = select(Job.payload["work_id"].as_integer()).where(
        col(Job.kind) == NORMAL_JOB,
        col(Job.site_id) == actor.site_id,
        col(Job.status).in_([JobStatus.QUEUED, JobStatus.RUNNING]),
    )
    return set((await session.scalars(wanted)).all())


async def deviation_rules(session: AsyncSession, actor: Actor) -> list[AlarmRule]:
    """Rules in force that judge by the baseline."""
    wanted = select(AlarmRule).where(
        visible(actor, AlarmRule), col(AlarmRule.kind) == RuleKind.DEVIATION, col(AlarmRule.enabled)
    )
    return list((await session.scalars(wanted.order_by(col(AlarmRule.id)))).all())


async def past_hours(session: AsyncSession, actor: Actor) -> list[Hour]:
    """The hours of the last thirty days up to now: read or not, troubled by alarms or not."""
    end = now().replace(minute=0, second=0, microsecond=0) + HOUR
    start = end - PAST
    probes = select(col(PointState.point_id)).where(visible(actor, PointState))
    ids = (await session.scalars(probes.order_by(col(PointState.received_at).desc()).limit(PROBES))).all()
    read = await session.execute(
        text(
            "SELECT h FROM generate_series(CAST(:start AS timestamptz), CAST(:last AS timestamptz), '1 hour') h "
            "WHERE EXISTS (SELECT FROM reading WHERE site_id = :site AND point_id = ANY(CAST(:points AS bigint[])) "
            "AND at >= h AND at < h + interval '1 hour')"
        ),
        {"start": start, "last": end - HOUR, "site": actor.site_id, "points": list(ids)},
    )
    stood = select(col(Alarm.raised_at), col(Alarm.returned_at), col(Alarm.closed_at), col(Alarm.active)).where(
        visible(actor, Alarm),
        col(Alarm.raised_at) < end,
        col(Alarm.active) | (col(Alarm.returned_at) >= start) | (col(Alarm.raised_at) >= start),
        col(Alarm.judgement) != "false",
        col(Alarm.kind).in_([RuleKind.THRESHOLD, RuleKind.RATE, RuleKind.DEVIATION]),
    )
    alarms = [
        (raised, max(raised, returned or closed or (end if active else raised)))
        for raised, returned, closed, active in await session.execute(stood)
    ]
    return hours_between(start, end, set(read.scalars()), troubles(alarms))


async def _works(
    session: AsyncSession, actor: Actor, normal_ids: Iterable[int]
) -> dict[tuple[int | None, str], WorkView]:
    """By version and kind the latest work."""
    wanted = select(NormalWork).where(visible(actor, NormalWork), col(NormalWork.normal_id).in_(list(normal_ids)))
    rows = (await session.scalars(wanted.order_by(col(NormalWork.id)))).all()
    return {(view.work.normal_id, view.work.kind): view for view in await _views(session, actor, rows)}


async def _views(session: AsyncSession, actor: Actor, rows: Iterable[NormalWork]) -> list[WorkView]:
    works = list(rows)
    wanted = select(col(Person.id), col(Person.name), col(Person.name_en)).where(
        visible(actor, Person), col(Person.id).in_([work.asked_by for work in works if work.asked_by])
    )
    people: dict[Any, PersonName] = {row[0]: PersonName(*row) for row in await session.execute(wanted)}
    busy = await at_work(session, actor)
    return [
        WorkView(work, work.state == WorkState.RUNNING and work.id in busy, people.get(work.asked_by)) for work in works
    ]
