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
from backend.lessons.models import IN_FORCE, Suggestion, SuggestionKind

BAR_DAYS = 15
"""So many days are drawn as one bar."""
MOST_REFS = 30
"""So many of the records counted on each side are kept to be looked at, the newest."""
_PLACES = ("class", "area", "team", "equipment")
_DAY_S = 86_400.0
_FALSE_ALARMS = """
SELECT raised_at, 'alarm:' || id FROM alarm WHERE site_id = :site AND rule_id = :rule AND judgement = 'false'
ORDER BY raised_at
"""
Happened = tuple[datetime, str]
"""When something happened, and the record of it."""


@system_query("the worker measures at every site")
async def measure(session: AsyncSession, site_id: int, history: History) -> None:
    """Count anew for every suggestion in force, until its last milestone is over.

    A step of a plan isn't counted so: it makes incidents shorter, not fewer. Its use is shown instead.
    """
    wanted = select(Suggestion).where(
        col(Suggestion.site_id) == site_id,
        col(Suggestion.state).in_(IN_FORCE),
        col(Suggestion.kind) != SuggestionKind.PLAN_STEP,
    )
    for one in (await session.scalars(wanted.order_by(col(Suggestion.id)))).all():
        if one.decided_at is None or len(one.effect) == len(MILESTONES):
            continue
        here, elsewhere = _moments(one.watch, history.records)
        if "rule" in one.watch:
            values = {"site": site_id, "rule": int(one.watch["rule"])}
            here, elsewhere = [(at, ref) for at, ref in await session.execute(text(_FALSE_ALARMS), values)], None
        known = [*(at for at, _ in here), *(record.at for record in history.records)]
        oldest = min(known, default=one.decided_at)
        one.effect = milestones(one.decided_at, now(), oldest, here, elsewhere)
        session.add(one)
    await session.flush()


def milestones(
    adopted: datetime,
    today: datetime,
    oldest: datetime,
    here: Sequence[Happened],
    elsewhere: Sequence[datetime] | None,
) -> list[dict[str, Any]]:
    """The counts and verdict of each milestone that is over by ``today``, with the records counted. Moments with zone.

    ``bars``: how often in each ``BAR_DAYS``, by the day after adoption on which they begin (negative: before it).
    """
    found = []
    moments = [at for at, _ in here]
    before_days = min(BEFORE_DAYS, max(0.0, (adopted - oldest).total_seconds() / _DAY_S))
    since = adopted - timedelta(days=before_days)
    for days in MILESTONES:
        until = adopted + timedelta(days=days)
        if until > today:
            break
        other = (
            None if elsewhere is None else (_between(elsewhere, since, adopted), _between(elsewhere, adopted, until))
        )
        counts = Counts(_between(moments, since, adopted), _between(moments, adopted, until), before_days, days, other)
        found.append(
            {
                "days": days,
                "before": counts.before,
                "after": counts.after,
                "before_days": round(before_days, 1),
                "elsewhere": list(other) if other and counts.compared else None,
                "ratio": counts.ratio,
                "verdict": judge(counts),
                "refs_before": _refs(here, since, adopted),
                "refs_after": _refs(here, adopted, until),
                "bars": _bars(moments, adopted, since, days),
            }
        )
    return found


def _refs(here: Sequence[Happened], since: datetime, until: datetime) -> list[str]:
    counted = sorted((at, ref) for at, ref in here if since <= at < until)
    return [ref for _, ref in counted[::-1][:MOST_REFS]]


def _bars(moments: Sequence[datetime], adopted: datetime, since: datetime, days: int) -> list[list[int]]:
    """Whole bars alone: none begins before anything was recorded."""
    whole = int((adopted - since).total_seconds() / _DAY_S + 0.5) // BAR_DAYS
    begins = [place * BAR_DAYS for place in range(-whole, days // BAR_DAYS)]
    ends = [(adopted + timedelta(days=day), adopted + timedelta(days=day + BAR_DAYS)) for day in begins]
    return [[day, _between(moments, *end)] for day, end in zip(begins, ends, strict=True)]


def _between(moments: Sequence[datetime], since: datetime, until: datetime) -> int:
    return sum(since <= at < until for at in moments)


def _moments(watch: Mapping[str, str], records: Sequence[Record]) -> tuple[list[Happened], list[datetime] | None]:
    """When what is watched happened here, and elsewhere; None where the watch names no place."""
    place = {key: value for key, value in watch.items() if key in _PLACES}
    way = {key: value for key, value in watch.items() if key not in _PLACES}
    fitting = _matching(way)
    at_place = _matching(place)
    here = [(record.at, record.ref) for record in records if fitting(record) and at_place(record)]
    return here, [one.at for one in records if fitting(one) and not at_place(one)] if place else None


def _matching(wanted: Mapping[str, str]) -> Callable[[Record], bool]:
    """``sort`` is what a record comes from, and may name several: ``incident,alarm``."""

    def fits(record: Record) -> bool:
        sort = record.items.get("kind", "").partition(".")[0]
        known = {**record.items, "equipment": str(record.equipment_id or ""), "sort": sort}
        return all(known.get(key) in (value.split(",") if key == "sort" else (value,)) for key, value in wanted.items())

    return fits
