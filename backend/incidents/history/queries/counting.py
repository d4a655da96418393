"""How many incidents there were: by step and level, stage, kind, phase, cause, equipment, and hour × weekday, in one
statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.history.asked import Wanted
from backend.incidents.history.periods import Step
from backend.incidents.history.queries.facts import Cut, facts, plan_for_these_dates
from backend.incidents.models import Incident

_BY = ("bucket", "stage_id", "kind", "cause", "equipment_id", "weekday")
"""One column of each grouping; which of them a row groups by is told by its bits, the last one the lowest."""


@dataclass(frozen=True)
class Counts:
    """Incidents by what they are distributed over. Weekdays from 1 (Monday), hours by the first of their stretch."""

    total: int
    trend: Mapping[tuple[date, str], int]
    """By first day of the step, and level."""
    stages: Mapping[int | None, int]
    kinds: Mapping[str, int]
    causes: Mapping[str, int]
    confirmed: Mapping[str, int]
    """By cause, of ``causes`` where a person confirmed it."""
    equipment: Mapping[int | None, int]
    hours: Mapping[tuple[int, int], int]

    @property
    def levels(self) -> dict[str, int]:
        """By level."""
        summed: dict[str, int] = {}
        for (_, level), count in self.trend.items():
            summed[level] = summed.get(level, 0) + count
        return summed


async def counts(session: AsyncSession, actor: Actor, wanted: Wanted, step: Step) -> Counts:
    """All counts of what is asked for."""
    await plan_for_these_dates(session)
    found = facts(actor, wanted, Cut([wanted.period], step))
    by = [found.c[name] for name in _BY]
    groups = (
        tuple_(found.c.bucket, found.c.level),
        found.c.stage_id,
        found.c.kind,
        tuple_(found.c.cause, found.c.confirmed),
        found.c.equipment_id,
        tuple_(found.c.weekday, found.c.hour),
    )
    rows = await session.execute(
        select(
            func.grouping(*by).label("bits"),
            *by,
            found.c.level,
            found.c.confirmed,
            found.c.hour,
            func.count().label("n"),
        ).group_by(func.grouping_sets(*groups))
    )
    return _counts(rows.mappings().all())


async def first_moment(session: AsyncSession, actor: Actor) -> datetime | None:
    """When the site's first incident began; None where there was none."""
    return await session.scalar(select(func.min(col(Incident.began_at))).where(visible(actor, Incident)))


def _counts(rows: Iterable[RowMapping]) -> Counts:
    by: dict[str, list[RowMapping]] = {name: [] for name in _BY}
    for row in rows:
        by[_grouped_by(row["bits"])].append(row)
    causes: dict[str, int] = {}
    for row in by["cause"]:
        causes[row["cause"]] = causes.get(row["cause"], 0) + row["n"]
    return Counts(
        sum(row["n"] for row in by["kind"]),
        {(row["bucket"].date(), row["level"]): row["n"] for row in by["bucket"]},
        _of(by, "stage_id"),
        _of(by, "kind"),
        dict(sorted(causes.items())),
        {row["cause"]: row["n"] for row in by["cause"] if row["confirmed"]},
        _of(by, "equipment_id"),
        {(row["weekday"], row["hour"]): row["n"] for row in by["weekday"]},
    )


def _grouped_by(bits: int) -> str:
    """``GROUPING`` sets the bit of each column by which a row isn't grouped."""
    return next(name for place, name in enumerate(reversed(_BY)) if not bits >> place & 1)


def _of(by: Mapping[str, list[RowMapping]], name: str) -> dict[Any, int]:
    return {row[name]: row["n"] for row in by[name]}
