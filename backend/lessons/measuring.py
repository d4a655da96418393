"""Measures what came of adopted suggestions, 30, 60 and 90 days after. The worker calls it in each round."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.lessons.effect import BEFORE_DAYS, MILESTONES, Counts, judge
from backend.lessons.gathering import History, Record
from backend.lessons.models import IN_FORCE, Suggestion

_PLACES = ("class", "area", "team", "equipment")
_DAY_S = 86_400.0
_FALSE_ALARMS = (
    "SELECT raised_at FROM alarm WHERE site_id = :site AND rule_id = :rule AND judgement = 'false' ORDER BY raised_at"
)


@system_query("the worker measures at every site")
async def measure(session: AsyncSession, site_id: int, history: History) -> None:
    """Count anew for every suggestion in force, until its last milestone is over."""
    wanted = select(Suggestion).where(col(Suggestion.site_id) == site_id, col(Suggestion.state).in_(IN_FORCE))
    for one in (await session.scalars(wanted.order_by(col(Suggestion.id)))).all():
        if one.decided_at is None or len(one.effect) == len(MILESTONES):
            continue
        here, elsewhere = _moments(one.watch, history.records)
        if "rule" in one.watch:
            values = {"site": site_id, "rule": int(one.watch["rule"])}
            here, elsewhere = list(await session.scalars(text(_FALSE_ALARMS), values)), None
        oldest = min([*here, *(record.at for record in history.records)], default=one.decided_at)
        one.effect = milestones(one.decided_at, now(), oldest, here, elsewhere)
        session.add(one)
    await session.flush()


def milestones(
    adopted: datetime,
    today: datetime,
    oldest: datetime,
    here: Sequence[datetime],
    elsewhere: Sequence[datetime] | None,
) -> list[dict[str, Any]]:
    """The counts and verdict of each milestone that is over by ``today``. Moments with zone."""
    found = []
    before_days = min(BEFORE_DAYS, max(0.0, (adopted - oldest).total_seconds() / _DAY_S))
    since = adopted - timedelta(days=before_days)
    for days in MILESTONES:
        until = adopted + timedelta(days=days)
        if until > today:
            break
        other = (
            None if elsewhere is None else (_between(elsewhere, since, adopted), _between(elsewhere, adopted, until))
        )
        counts = Counts(_between(here, since, adopted), _between(here, adopted, until), before_days, days, other)
        found.append(
            {
                "days": days,
                "before": counts.before,
                "after": counts.after,
                "before_days": round(before_days, 1),
                "elsewhere": list(other) if other and counts.compared else None,
                "ratio": counts.ratio,
                "verdict": judge(counts),
            }
        )
    return found


def _between(moments: Sequence[datetime], since: datetime, until: datetime) -> int:
    return sum(since <= at < until for at in moments)


def _moments(watch: Mapping[str, str], records: Sequence[Record]) -> tuple[list[datetime], list[datetime] | None]:
    """When what is watched happened here, and elsewhere; None where the watch names no place."""
    place = {key: value for key, value in watch.items() if key in _PLACES}
    way = {key: value for key, value in watch.items() if key not in _PLACES}
    fitting = _matching(way)
    at_place = _matching(place)
    here = [record.at for record in records if fitting(record) and at_place(record)]
    return here, [one.at for one in records if fitting(one) and not at_place(one)] if place else None


def _matching(wanted: Mapping[str, str]) -> Callable[[Record], bool]:
    def fits(record: Record) -> bool:
        known = {**record.items, "equipment": str(record.equipment_id or "")}
        return all(known.get(key) == value for key, value in wanted.items())

    return fits
