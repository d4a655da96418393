"""What the pages of data sources show: each with its days, the norm in force, its owner, points that lose most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Float, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.governance.sources.people import NAMES
from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.plant.models import Point
from backend.telemetry.canary import CANARY_SOURCE
from backend.telemetry.models import Rejection, Source
from backend.telemetry.quality.days import norm_of
from backend.telemetry.quality.measuring import USUAL, USUAL_OF_PEOPLE, Factor, Norm, factors_of, score
from backend.telemetry.quality.models import Family, PointHour, SourceDay, SourceNorm

SHOWN_DAYS = 30
MOST_SOURCES = 200
MOST_POINTS = 20
_SUMS = ("on_time", "stored", "got", "expected", "valid", "checked", "single", "received")


@dataclass(frozen=True)
class Key:
    """Which source. ``id``: of a machine's row in ``source``; records of people have none."""

    family: str
    code: str
    id: int | None = None

    @property
    def url(self) -> str:
        """Its page."""
        return f"/data-sources/{self.id}" if self.id else f"/data-sources/people?of={self.code}"


@dataclass(frozen=True)
class Worth:
    """Several days of a source added up."""

    factors: tuple[Factor, ...]
    score: float | None

    @property
    def weakest(self) -> Factor | None:
        """The factor that takes most off the score; None if nothing is lost."""
        known = [one for one in self.factors if one.share is not None and one.lost]
        return min(known, key=lambda one: one.share or 0.0, default=None)


@dataclass(frozen=True)
class Seen:
    """A source with its last days, oldest first. ``ruling``: the newest norm somebody set; ``norm``: what it says."""

    key: Key
    days: Sequence[SourceDay]
    today: Worth
    week: Worth
    month: Worth
    norm: Norm
    ruling: SourceNorm | None
    owner: Person | None = None
    owner_post: Post | None = None
    worst_point: Point | None = None

    @property
    def last(self) -> SourceDay | None:
        """The newest day that says something."""
        return next((one for one in reversed(self.days) if one.score is not None), None)


@dataclass(frozen=True)
class Lossy:
    """A point and what it lost: ``due`` and ``came`` by its own interval, None where nobody said one."""

    point: Point
    due: int | None
    came: int
    invalid: int
    last_hour: datetime | None

    @property
    def share(self) -> float | None:
        """Of what was due, what came: 0 … 1."""
        return min(1.0, self.came / self.due) if self.due else None


@dataclass(frozen=True)
class Refused:
    """How often a reason was met in the shown days."""

    reason: str
    times: int


@dataclass(frozen=True)
class Opened:
    """A source's whole page."""

    seen: Seen
    versions: Sequence[SourceNorm]
    points: Sequence[Lossy]
    refused: Sequence[Refused]
    people: Sequence[Person] = field(default_factory=tuple)
    posts: Sequence[Post] = field(default_factory=tuple)


def worth(days: Sequence[SourceDay]) -> Worth:
    """Days added up, factor by factor."""
    found = factors_of({name: sum(getattr(one, name) for one in days) for name in _SUMS})
    return Worth(found, score(found))


async def key_of(session: AsyncSession, actor: Actor, source_id: int) -> Key:
    """A machine source. Raises NotFound, also for the product's own canary."""
    one = await get_visible(session, actor, Source, source_id)
    if one.code == CANARY_SOURCE:
        raise NotFound()
    return Key(Family.MACHINE, one.code, one.id)


def people_key(code: str) -> Key:
    """A kind of record. Raises NotFound for none."""
    if code not in NAMES:
        raise NotFound()
    return Key(Family.PEOPLE, code)


async def day_of(session: AsyncSession, actor: Actor, source_day_id: int) -> tuple[Key, date]:
    """Whose day it is and which. Raises NotFound."""
    one = await get_visible(session, actor, SourceDay, source_day_id)
    if one.family == Family.PEOPLE:
        return people_key(one.code), one.day
    source_id = await session.scalar(select(col(Source.id)).where(visible(actor, Source), col(Source.code) == one.code))
    if source_id is None:
        raise NotFound()
    return Key(Family.MACHINE, one.code, source_id), one.day


async def all_sources(session: AsyncSession, actor: Actor) -> list[Seen]:
    """Every source, the worst first; those that say nothing last."""
    machines = await session.execute(
        select(col(Source.id), col(Source.code))
        .where(visible(actor, Source), col(Source.code) != CANARY_SOURCE)
        .order_by(col(Source.code))
        .limit(MOST_SOURCES)
    )
    keys = [Key(Family.MACHINE, code, id_) for id_, code in machines] + [Key(Family.PEOPLE, code) for code in NAMES]
    found = await _seen(session, actor, keys)
    return sorted(found, key=lambda one: (one.week.score is None, one.week.score or 0.0))


async def opened(session: AsyncSession, actor: Actor, key: Key, day: date | None = None) -> Opened:
    """One source; ``day``: whose points are shown, else the last seven days'."""
    [seen] = await _seen(session, actor, [key])
    today = now().astimezone(actor.zone).date()
    since, until = (day, day) if day else (today - timedelta(days=6), today)
    machine = key.family == Family.MACHINE
    versions = await session.scalars(
        select(SourceNorm)
        .where(visible(actor, SourceNorm), col(SourceNorm.family) == key.family, col(SourceNorm.code) == key.code)
        .order_by(col(SourceNorm.version).desc())
        .limit(20)
    )
    return Opened(
        seen,
        list(versions),
        await _points(session, actor, seen, since, until) if machine else (),
        await _refused(session, actor, key.code) if machine else (),
        list(
            await session.scalars(
                select(Person).where(visible(actor, Person), col(Person.active)).order_by(col(Person.name))
            )
        ),
        list(await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.name)))),
    )


async def _seen(session: AsyncSession, actor: Actor, keys: Sequence[Key]) -> list[Seen]:
    today = now().astimezone(actor.zone).date()
    codes = [one.code for one in keys]
    by_key: dict[tuple[str, str], list[SourceDay]] = {}
    rows = await session.scalars(
        select(SourceDay)
        .where(
            visible(actor, SourceDay),
            col(SourceDay.code).in_(codes),
            col(SourceDay.day) > today - timedelta(days=SHOWN_DAYS),
            col(SourceDay.day) <= today,
        )
        .order_by(col(SourceDay.day))
    )
    for row in rows:
        by_key.setdefault((row.family, row.code), []).append(row)
    rulings = await _rulings(session, actor, codes)
    owners = {one.owner_id for one in rulings.values()} - {None}
    posts = {one.owner_post_id for one in rulings.values()} - {None}
    worst = {days[-1].worst_point_id for days in by_key.values()} - {None}
    people = {
        one.id: one
        for one in await session.scalars(select(Person).where(visible(actor, Person), col(Person.id).in_(owners)))
    }
    held = {
        one.id: one for one in await session.scalars(select(Post).where(visible(actor, Post), col(Post.id).in_(posts)))
    }
    points = {
        one.id: one
        for one in await session.scalars(select(Point).where(visible(actor, Point), col(Point.id).in_(worst)))
    }
    return [
        _one(
            key,
            by_key.get((key.family, key.code), []),
            rulings.get((key.family, key.code)),
            today,
            people,
            held,
            points,
        )
        for key in keys
    ]


def _one(
    key: Key,
    days: Sequence[SourceDay],
    ruling: SourceNorm | None,
    today: date,
    people: Mapping[int, Person],
    posts: Mapping[int, Post],
    points: Mapping[int, Point],
) -> Seen:
    usual = USUAL if key.family == Family.MACHINE else USUAL_OF_PEOPLE
    return Seen(
        key,
        days,
        worth([one for one in days if one.day == today]),
        worth([one for one in days if one.day > today - timedelta(days=7)]),
        worth(days),
        norm_of(ruling) if ruling else usual,
        ruling,
        people.get(ruling.owner_id or 0) if ruling else None,
        posts.get(ruling.owner_post_id or 0) if ruling else None,
        points.get(days[-1].worst_point_id or 0) if days else None,
    )


async def _rulings(session: AsyncSession, actor: Actor, codes: Sequence[str]) -> dict[tuple[str, str], SourceNorm]:
    newest = (
        select(SourceNorm)
        .where(visible(actor, SourceNorm), col(SourceNorm.code).in_(codes))
        .distinct(col(SourceNorm.family), col(SourceNorm.code))
        .order_by(col(SourceNorm.family), col(SourceNorm.code), col(SourceNorm.version).desc())
    )
    return {(one.family, one.code): one for one in await session.scalars(newest)}


async def _points(session: AsyncSession, actor: Actor, seen: Seen, since: date, until: date) -> list[Lossy]:
    """Points by the share that they lost, the worst first; of quiet days nothing was due."""
    every: Any = func.nullif(func.coalesce(cast(seen.norm.interval_s, Float), col(PointHour.every_s)), 0)
    due = func.floor(func.sum(col(PointHour.seconds) / every) + 1e-9)
    came = func.sum(
        case(
            (every.is_(None), col(PointHour.stored)),
            else_=func.least(col(PointHour.stored), func.floor(col(PointHour.seconds) / every + 1e-9) + 1),
        )
    )
    share = came / func.nullif(due, 0)
    rows = await session.execute(
        select(
            Point,
            due,
            came,
            func.sum(col(PointHour.invalid)),
            func.max(case((col(PointHour.stored) > 0, col(PointHour.begins_at)))),
        )
        .join(PointHour, col(PointHour.point_id) == col(Point.id))
        .where(
            visible(actor, Point),
            visible(actor, PointHour),
            col(PointHour.source) == seen.key.code,
            col(PointHour.day).between(since, until),
        )
        .group_by(col(Point.id))
        .order_by(share.asc().nulls_last(), func.sum(col(PointHour.invalid)).desc(), col(Point.id))
        .limit(MOST_POINTS)
    )
    return [
        Lossy(point, None if due_ is None else int(due_), int(came_), int(invalid), last)
        for point, due_, came_, invalid, last in rows
    ]


async def _refused(session: AsyncSession, actor: Actor, code: str) -> list[Refused]:
    times = func.sum(col(Rejection.count))
    rows = await session.execute(
        select(col(Rejection.reason), times)
        .where(
            visible(actor, Rejection),
            col(Rejection.source) == code,
            col(Rejection.received_at) > now() - timedelta(days=SHOWN_DAYS),
        )
        .group_by(col(Rejection.reason))
        .order_by(times.desc())
    )
    return [Refused(reason, int(n)) for reason, n in rows]
