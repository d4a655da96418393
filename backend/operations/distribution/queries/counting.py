"""How many facts there are, by each of what they are distributed over, in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.incidents.history.periods import Period
from backend.incidents.history.queries.facts import plan_for_these_dates
from backend.incidents.models import Incident
from backend.operations.distribution.asked import Source, Wanted
from backend.operations.distribution.queries.facts import facts

_BY = ("bucket", "level", "type", "area_id", "stage_id", "team_id", "post_id", "weekday")
"""One column of each grouping; which of them a row groups by is told by its bits, the last one the lowest."""
Narrowed = tuple[tuple[str, bool], ...]


@dataclass
class Counts:
    """Facts by what they are distributed over; of what isn't known None or "". All but trend, levels, types and
    accidents are over all sources that were asked for."""

    totals: dict[str, int] = field(default_factory=dict)
    """By source."""
    trend: dict[tuple[date, str, str], int] = field(default_factory=dict)
    """By first day of the step, source, and level."""
    levels: dict[tuple[str, str], int] = field(default_factory=dict)
    types: dict[tuple[str, str], int] = field(default_factory=dict)
    """Both by source first: scales and codes are the source's own."""
    accidents: dict[tuple[str, str], int] = field(default_factory=dict)
    """By source too, though the types are the same for all; without alarms, which have none."""
    areas: dict[int | None, int] = field(default_factory=dict)
    stages: dict[int | None, int] = field(default_factory=dict)
    teams: dict[int | None, int] = field(default_factory=dict)
    posts: dict[int | None, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)
    """By cause: of ``causes`` where a person confirmed it."""
    matrix: dict[tuple[int | None, str], int] = field(default_factory=dict)
    """By stage and cause."""
    hours: dict[tuple[int, int], int] = field(default_factory=dict)
    """By weekday (1 is Monday) and first hour of its stretch."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.totals.values())


async def counts(session: AsyncSession, actor: Actor, wanted: Wanted) -> Counts:
    """All counts of what is asked for."""
    await plan_for_these_dates(session)
    statement = _counted(actor, wanted.sources, unknowns(wanted))
    rows = await session.execute(statement, {**bound(wanted, wanted.period), "step": wanted.step})
    return _counts(rows.mappings())


async def before(session: AsyncSession, actor: Actor, wanted: Wanted) -> Counts:
    """Totals, levels, accidents and areas of the period that it is compared with; nothing where there is none."""
    return await by_area(session, actor, wanted, wanted.other) if wanted.other else Counts()


async def by_area(session: AsyncSession, actor: Actor, wanted: Wanted, period: Period) -> Counts:
    """Totals, levels, accidents and areas of ``period`` alone: all that a card needs, at a part of what ``counts``
    costs."""
    found = Counts()
    rows = await session.execute(_before(actor, wanted.sources, unknowns(wanted)), bound(wanted, period))
    for source, level, accident, area_id, count in rows:
        _add(found.totals, source, count)
        _add(found.levels, (source, level), count)
        _add(found.areas, area_id, count)
        if accident is not None:
            _add(found.accidents, (source, accident), count)
    return found


async def first_moment(session: AsyncSession, actor: Actor, wanted: Wanted) -> datetime | None:
    """Since when the site has recorded any of what is counted; None where it has nothing yet."""
    tables: dict[Source, tuple[Any, Any]] = {
        Source.ALARM: (Alarm, col(Alarm.raised_at)),
        Source.HAZARD: (HazardReport, col(HazardReport.created_at)),
        Source.INCIDENT: (Incident, col(Incident.began_at)),
    }
    first = [
        select(func.min(at)).where(visible(actor, model)).scalar_subquery()
        for model, at in (tables[source] for source in wanted.sources)
    ]
    if Source.HAZARD in wanted.sources:
        made = select(func.min(col(Rectification.created_at))).where(visible(actor, Rectification))
        first.append(made.scalar_subquery())
    found: datetime | None = await session.scalar(select(func.least(*first)))
    return found


def unknowns(wanted: Wanted) -> Narrowed:
    """Which parameters narrow it, and whether to what isn't known."""
    return tuple((name, value is None) for name, value in wanted.narrowed.items())


def asks_cause(narrowed: Narrowed) -> bool:
    """Whether it is narrowed by cause."""
    return any(name == "cause" for name, _ in narrowed)


def bound(wanted: Wanted, period: Period) -> dict[str, Any]:
    """The values of the statement's parameters."""
    values = {name: value for name, value in wanted.narrowed.items() if value is not None}
    return {"since": period.since, "until": period.until, "zone": wanted.zone, **values}


@made_once
def _counted(actor: Actor, sources: tuple[Source, ...], narrowed: Narrowed) -> Select[Any]:
    found = facts(actor, sources, narrowed, causes=True).subquery("facts")
    dated = select(*found.c, func.date_trunc(bindparam("step"), found.c.local).label("bucket")).subquery("dated")
    one = dated.c
    by = [one[name] for name in _BY]
    groups = (
        tuple_(one.bucket, one.source, one.level),
        tuple_(one.level, one.source),
        tuple_(one.type, one.accident, one.source),  # together: each further set costs an eighth of all
        one.area_id,
        tuple_(one.stage_id, one.cause, one.confirmed),
        one.team_id,
        one.post_id,
        tuple_(one.weekday, one.hour),
    )
    return select(
        func.grouping(*by).label("bits"),
        *by,
        one.source,
        one.accident,
        one.cause,
        one.confirmed,
        one.hour,
        func.count().label("n"),
    ).group_by(func.grouping_sets(*groups))


@made_once
def _before(actor: Actor, sources: tuple[Source, ...], narrowed: Narrowed) -> Select[Any]:
    one = facts(actor, sources, narrowed, causes=asks_cause(narrowed)).subquery("facts").c
    by = (one.source, one.level, one.accident, one.area_id)
    return select(*by, func.count()).group_by(*by)


def _counts(rows: Iterable[RowMapping]) -> Counts:
    found = Counts()
    for row in rows:
        _PUT[_grouped_by(row["bits"])](found, row)
    return found


def _put_bucket(found: Counts, row: RowMapping) -> None:
    found.trend[(row["bucket"].date(), row["source"], row["level"])] = row["n"]


def _put_level(found: Counts, row: RowMapping) -> None:
    found.levels[(row["source"], row["level"])] = row["n"]
    _add(found.totals, row["source"], row["n"])


def _put_type(found: Counts, row: RowMapping) -> None:
    _add(found.types, (row["source"], row["type"]), row["n"])
    if row["accident"] is not None:
        _add(found.accidents, (row["source"], row["accident"]), row["n"])


def _put_stage(found: Counts, row: RowMapping) -> None:
    stage, cause, count = row["stage_id"], row["cause"], row["n"]
    _add(found.stages, stage, count)
    _add(found.causes, cause, count)
    _add(found.matrix, (stage, cause), count)
    if row["confirmed"]:
        _add(found.confirmed, cause, count)


def _put_area(found: Counts, row: RowMapping) -> None:
    found.areas[row["area_id"]] = row["n"]


def _put_team(found: Counts, row: RowMapping) -> None:
    found.teams[row["team_id"]] = row["n"]


def _put_post(found: Counts, row: RowMapping) -> None:
    found.posts[row["post_id"]] = row["n"]


def _put_hour(found: Counts, row: RowMapping) -> None:
    found.hours[(row["weekday"], row["hour"])] = row["n"]


_PUT = {
    "bucket": _put_bucket,
    "level": _put_level,
    "type": _put_type,
    "area_id": _put_area,
    "stage_id": _put_stage,
    "team_id": _put_team,
    "post_id": _put_post,
    "weekday": _put_hour,
}


def _grouped_by(bits: int) -> str:
    """``GROUPING`` sets the bit of each column by which a row isn't grouped; of two the first names the grouping."""
    return next(name for place, name in enumerate(_BY) if not bits >> (len(_BY) - 1 - place) & 1)


def _add(counted: dict[Any, int], key: Any, count: int) -> None:
    counted[key] = counted.get(key, 0) + count
