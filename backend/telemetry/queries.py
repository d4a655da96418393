"""SQL of what people look at: sources with their account, what was refused, points that wait for adoption."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Point, PointStatus
from backend.telemetry.canary import CANARY_SOURCE
from backend.telemetry.models import PointState, Rejection, Source

PAGE = 30
MOST_SOURCES = 100
UNKNOWN = (PointStatus.PENDING, PointStatus.IGNORED)


@dataclass(frozen=True)
class Wanted:
    """Which refusals: of one reason, of one source."""

    reason: str = ""
    source: str = ""


@dataclass(frozen=True)
class Refusals:
    """Some refusals, the newest first, and the id below which those after them are (None at the end)."""

    rows: Sequence[Rejection]
    following: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A point that nobody described yet, or that somebody chose to ignore, with its latest value."""

    id: int
    code: str
    source: str
    status: str
    first_seen_at: datetime
    value: float | None
    quality: int
    at: datetime | None


@dataclass(frozen=True)
class Unknowns:
    """Some of them, and the id below which those after them are (None at the end)."""

    rows: Sequence[Unknown]
    following: int | None = None


async def sources(session: AsyncSession, actor: Actor) -> list[Source]:
    """Gateways and devices with their account, the one heard of last first; not the product's own canary."""
    found = await session.scalars(
        select(Source)
        .where(visible(actor, Source), col(Source.code) != CANARY_SOURCE)
        .order_by(col(Source.last_seen_at).desc(), col(Source.id))
        .limit(MOST_SOURCES)
    )
    return list(found)


async def rejections(
    session: AsyncSession, actor: Actor, wanted: Wanted, *, before: int | None = None, most: int = PAGE
) -> Refusals:
    """A page of refusals; ``before`` is the ``following`` of the page before."""
    statement = select(Rejection).where(visible(actor, Rejection))
    if wanted.reason:
        statement = statement.where(col(Rejection.reason) == wanted.reason)
    if wanted.source:
        statement = statement.where(col(Rejection.source) == wanted.source)
    if before is not None:
        statement = statement.where(col(Rejection.id) < before)
    found = list(await session.scalars(statement.order_by(col(Rejection.id).desc()).limit(most + 1)))
    return Refusals(found[:most], found[most - 1].id if len(found) > most else None)


async def reasons_met(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """How often each reason was met, the commonest first."""
    times = func.sum(col(Rejection.count))
    found = await session.execute(
        select(col(Rejection.reason), times)
        .where(visible(actor, Rejection))
        .group_by(col(Rejection.reason))
        .order_by(times.desc(), col(Rejection.reason))
    )
    return {reason: int(count) for reason, count in found}


async def unknown_points(
    session: AsyncSession,
    actor: Actor,
    *,
    status: PointStatus = PointStatus.PENDING,
    search: str = "",
    before: int | None = None,
    most: int = PAGE,
) -> Unknowns:
    """Points of ``status``, the newest first; ``search`` looks into code and source."""
    statement = _unknown(actor).where(col(Point.status) == status)
    if search:
        parts = (col(Point.code), col(Point.source))
        statement = statement.where(or_(*(part.icontains(search, autoescape=True) for part in parts)))
    if before is not None:
        statement = statement.where(col(Point.id) < before)
    rows = (await session.execute(statement.order_by(col(Point.id).desc()).limit(most + 1))).all()
    found = [Unknown(*row) for row in rows[:most]]
    return Unknowns(found, found[-1].id if len(rows) > most else None)


async def unknown_point(session: AsyncSession, actor: Actor, point_id: int) -> Unknown:
    """One of them. Raises NotFound, also for a point that has been adopted."""
    row = (await session.execute(_unknown(actor).where(col(Point.id) == point_id))).one_or_none()
    if row is None:
        raise NotFound()
    return Unknown(*row)


async def how_many_unknown(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """Points by status: pending and ignored."""
    found = await session.execute(
        select(col(Point.status), func.count())
        .where(visible(actor, Point), col(Point.status).in_(UNKNOWN))
        .group_by(col(Point.status))
    )
    return dict.fromkeys(map(str, UNKNOWN), 0) | {str(status): count for status, count in found}


def _unknown(actor: Actor) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Point.id),
            col(Point.code),
            col(Point.source),
            col(Point.status),
            col(Point.created_at),
            col(PointState.value),
            func.coalesce(col(PointState.quality), 0),
            col(PointState.at),
        )
        .outerjoin(PointState, col(PointState.point_id) == col(Point.id))
        .where(visible(actor, Point), col(Point.status).in_(UNKNOWN))
    )
