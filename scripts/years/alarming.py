"""Alarms with all that people did about them: acknowledged, judged, closed, as the states of ISA-18.2 allow."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.alarms.models import Alarm, AlarmGroup, AlarmState, Escalation, Level, RuleKind
from scripts.years.effects import FIXED_AT, NIGHT_DELAY, SLOW_DELAY, SLOW_TEAM, fixed
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.plant import Condition, Plant
from scripts.years.raising import Raised, words_of
from scripts.years.rhythm import Span
from scripts.years.story import tell_alarms

JUDGED = 0.7
"""Share of alarms that somebody judged."""
_PATIENCE_S = {Level.MAJOR: 60, Level.SIGNIFICANT: 120, Level.GENERAL: 240, Level.LOW: 480}
_STANDING = 0.0015
"""Share of all alarms, the newest, of which every second stays: what hasn't been put right yet."""
COLUMNS = (
    *("id", "condition_key", "rule_id", "rule_version", "group_id", "point_id", "equipment_id", "area_id", "kind"),
    *("limit_name", "level", "warning", "latched", "title", "title_en", "value", "limit_value", "state", "active"),
    *(
        "reading_at",
        "raised_at",
        "last_raised_at",
        "returned_at",
        "acknowledged_at",
        "acknowledged_by",
        "closed_at",
        "closed_by",
    ),
    *("judgement", "judged_by", "judged_at"),
)


@dataclass(frozen=True)
class Told:
    """An alarm as the parts after it need it."""

    id: int
    at: datetime
    condition: Condition
    group: int
    closed: datetime | None
    judgement: str
    flood: int
    """The number of those raised together."""


@dataclass(frozen=True)
class _Life:
    state: AlarmState
    active: bool
    returned: datetime | None
    seen: datetime | None
    closed: datetime | None
    free_s: float
    """From when the same condition can be in alarm again, in seconds of the span."""


async def alarm(ledger: Ledger, span: Span, plant: Plant, crew: Crew, raised: list[Raised], most: int) -> list[Told]:
    """Write the alarms and their groups; gives them in order of time."""
    await ledger.open(AlarmGroup, Alarm)
    kept = _kept(span, plant, crew, raised)
    kept = [one for place, one in enumerate(kept) if place * most // len(kept) != (place + 1) * most // len(kept)]
    sizes: dict[int, list[tuple[Raised, _Life]]] = {}
    for one, life in kept:
        sizes.setdefault(one.group, []).append((one, life))
    ids = {number: ledger.id(AlarmGroup) for number in sizes}
    await ledger.copy(AlarmGroup, ("id", "opened_at", "last_raised_at", "closed_at"), _groups(span, sizes, ids))
    dice = span.dice("judging")
    told: list[Told] = []
    rows: list[tuple[Any, ...]] = []
    for one, life in kept:
        row = _row(ledger.id(Alarm), span, plant.conditions[one.condition], crew, dice, one, life, ids[one.group])
        rows.append(row)
        told.append(_told(row, plant.conditions[one.condition], len(sizes[one.group])))
    await ledger.copy(Alarm, COLUMNS, rows)
    await tell_alarms(ledger, COLUMNS, rows)
    await _deadlines(ledger, span, rows)
    return told


def _kept(span: Span, plant: Plant, crew: Crew, raised: list[Raised]) -> list[tuple[Raised, _Life]]:
    """Those whose condition isn't open already, each with its life."""
    dice = span.dice("alarming")
    free: dict[int, float] = {}
    found = []
    for number, one in enumerate(raised):
        if one.at < free.get(one.condition, 0.0):
            continue
        left = len(raised) - number
        standing = left % 2 == 0 and left <= max(8, _STANDING * len(raised))
        life = _life(span, plant.conditions[one.condition], crew, dice, one, standing)
        free[one.condition] = life.free_s
        found.append((one, life))
    return found


def _life(span: Span, condition: Condition, crew: Crew, dice: random.Random, one: Raised, standing: bool) -> _Life:
    at = span.at(one.at)
    delay = dice.lognormvariate(math.log(_PATIENCE_S[condition.level]), 0.7)
    delay *= NIGHT_DELAY if not 8 <= span.local(at).hour < 20 else 1
    delay *= SLOW_DELAY if condition.unit.area.team == crew.teams[SLOW_TEAM] else 1
    gone_s = math.inf if standing else one.at + one.lasts
    seen_s = one.at + (dice.uniform(5, 40) if one.chatter else max(delay, 3.0))
    latched = condition.level == Level.MAJOR
    over_s = max(gone_s, seen_s) + (dice.uniform(60, 900) if latched else 0)
    end = (span.until - span.since).total_seconds()
    gone, seen, over = (None if s >= end else span.at(s) for s in (gone_s, seen_s, over_s))
    if over is not None:
        state = AlarmState.CLOSED
    elif seen is not None:
        state = AlarmState.ACKNOWLEDGED
    else:
        state = AlarmState.UNACKNOWLEDGED if gone is None else AlarmState.RETURNED
    return _Life(state, gone is None, gone, seen, over, over_s + 1)


def _groups(
    span: Span, sizes: dict[int, list[tuple[Raised, _Life]]], ids: dict[int, int]
) -> Iterator[tuple[int, datetime, datetime, datetime | None]]:
    for number, members in sizes.items():
        moments = [span.at(one.at) for one, _ in members]
        ends = [life.closed for _, life in members if life.closed is not None]
        closed = max(ends) if len(ends) == len(members) else None
        yield ids[number], min(moments), max(moments), closed


def _row(
    id_: int,
    span: Span,
    condition: Condition,
    crew: Crew,
    dice: random.Random,
    one: Raised,
    life: _Life,
    group: int,
) -> tuple[Any, ...]:
    at, unit = span.at(one.at), condition.unit
    leader, officer = crew.leader[unit.area.team], dice.choice(crew.officers)
    value = round(condition.limit * dice.uniform(1.01, 1.2), 2)
    title, title_en = words_of(condition)
    judged = life.seen is not None and dice.random() < JUDGED
    verdict = ("false" if one.false else "true") if judged else ""
    judged_at = (
        min(life.seen + timedelta(seconds=dice.randrange(60, 7200)), span.until) if judged and life.seen else None
    )
    latched = condition.level == Level.MAJOR
    version = 2 if fixed(one.condition) and at >= span.part(FIXED_AT) else 1
    return (
        *(
            id_,
            condition.key,
            condition.rule,
            version,
            group,
            condition.point,
            unit.id,
            unit.area.id,
            RuleKind.THRESHOLD,
        ),
        *(condition.limit_name, condition.level, condition.warning, latched, title, title_en, value, condition.limit),
        *(life.state, life.active, at, at, at, life.returned, life.seen, leader if life.seen else None),
        *(life.closed, officer if life.closed and latched else None),
        *(verdict, leader if judged else None, judged_at),
    )


def _told(row: tuple[Any, ...], condition: Condition, flood: int) -> Told:
    named = dict(zip(COLUMNS, row, strict=True))
    return Told(
        named["id"], named["raised_at"], condition, named["group_id"], named["closed_at"], named["judgement"], flood
    )


async def _deadlines(ledger: Ledger, span: Span, rows: list[tuple[Any, ...]]) -> None:
    """Each that calls for somebody has one deadline before it."""
    calling = {AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED}
    state = COLUMNS.index("state")
    due = [(row[0], 0, span.until + timedelta(minutes=1)) for row in rows if row[state] in calling]
    await ledger.copy(Escalation, ("alarm_id", "step", "due_at"), due)
