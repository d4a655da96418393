"""Hazards and their rectifications: from check-ins, people and alarms, to their verification or to now."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from backend.alarms.models import Level
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification, RectificationEntry, RectificationState
from backend.hazards.reports.models import Factor, HazardReport, Origin, ReportState
from scripts.years.alarming import Told
from scripts.years.effects import LATE, RECURS, SLOW_LATE, SLOW_TEAM
from scripts.years.flow import Course, Hands, course
from scripts.years.inspecting import Rounds
from scripts.years.ledger import Ledger
from scripts.years.naming import of_report
from scripts.years.people import Crew
from scripts.years.plant import Plant, Unit
from scripts.years.rhythm import Span

_SEEN = ("护栏松动", "地面有积水", "消防器材被遮挡", "未戴防护镜作业", "阀门手轮缺失", "保温层破损", "警示标识不清")
_CAUSES = ("密封老化", "紧固件松动", "操作不规范", "巡检不到位", "设计缺陷")
_WEIGHED = (Level.LOW, Level.GENERAL, Level.GENERAL, Level.GENERAL, Level.SIGNIFICANT, Level.SIGNIFICANT, Level.MAJOR)
_AFTER = {
    Step.OPENED: RectificationState.OPEN,
    Step.STARTED: RectificationState.IN_PROGRESS,
    Step.SUBMITTED: RectificationState.SUBMITTED,
    Step.VERIFIED: RectificationState.VERIFIED,
    Step.RETURNED: RectificationState.RETURNED,
    Step.CANCELLED: RectificationState.CANCELLED,
}
REPORTED, FROM_ALARMS = 0.35, 0.25
"""Shares of rectifications that come from people's own reports and from alarms; check-ins come before, the rest is
opened by leaders."""
RECURS_DAYS = 90


@dataclass(frozen=True)
class Hazard:
    """What is to be put right; ``report`` is its own id, if somebody reported it, ``answer`` the check-in's item."""

    at: datetime
    unit: Unit
    words: str
    level: Level
    report: int | None = None
    reporter: int | None = None
    answer: int | None = None
    alarm: int | None = None


@dataclass
class _Books:
    rectifications: list[tuple[Any, ...]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    reports: list[tuple[Any, ...]] = field(default_factory=list)
    days: Counter[str] = field(default_factory=Counter)
    verified: dict[int, tuple[int, int, datetime]] = field(default_factory=dict)
    """Of equipment: the last verified one, how often it had come back, when."""


async def rectify(
    ledger: Ledger, span: Span, plant: Plant, crew: Crew, rounds: Rounds, alarms: list[Told], wanted: int
) -> None:
    """Write some ``wanted`` rectifications with their entries, and the reports that many come from."""
    await ledger.open(Rectification, RectificationEntry)
    dice, books, types = span.dice("rectifying"), _Books(), span.dice("accident types of reports")
    for hazard in sorted(_hazards(ledger, span, plant, crew, rounds, alarms, wanted), key=lambda one: one.at):
        _taken_up(ledger, span, crew, dice, books, hazard)
    columns = ("id", "number", "alarm_id", "equipment_id", "area_id", "level", "title", "cause", "measure", "owner_id")
    times = ("deadline", "original_deadline", "wanted_deadline", "extension_by", "state", "opened_by", "started_at")
    ends = ("submitted_at", "submitted_by", "verified_at", "verified_by", "recurs_id", "recurrence", "version")
    await ledger.copy(Rectification, (*columns, *times, *ends, "created_at"), books.rectifications)
    columns = ("id", "rectification_id", "kind", "person_id", "note", "deadline", "created_at")
    await ledger.copy(RectificationEntry, columns, books.entries)
    kinds = {unit.id: unit.kind for unit in plant.units}
    reports = [
        (*row, of_report(types, row[2], kinds[row[6]], accepted=row[11] is ReportState.ACCEPTED))
        for row in books.reports
    ]
    columns = ("id", "number", "details", "factor", "level", "level_reason", "equipment_id", "area_id", "origin")
    ends = ("origin_id", "reporter_id", "state", "team_id", "merged_into_id", "rectification_id", "decided_by")
    await ledger.copy(HazardReport, (*columns, *ends, "decided_at", "remind_at", "created_at", "accident"), reports)


def _hazards(
    ledger: Ledger, span: Span, plant: Plant, crew: Crew, rounds: Rounds, alarms: list[Told], wanted: int
) -> Iterator[Hazard]:
    dice, numbers = span.dice("hazards"), span.numbers("hazards")
    for fault in rounds.faults:
        yield Hazard(
            fault.at,
            fault.unit,
            f"巡检：{fault.words} 不合格",
            dice.choice(_WEIGHED[:6]),
            fault.report,
            fault.person,
            fault.answer,
        )
    weights = _by_wear(span, plant)
    for second in span.drawn(numbers, round(wanted * REPORTED)):
        unit = dice.choices(plant.units, cum_weights=weights)[0]
        who = dice.choice(crew.workers[unit.area.team])
        yield Hazard(span.at(second), unit, dice.choice(_SEEN), dice.choice(_WEIGHED), ledger.id(HazardReport), who)
    grave = [one for one in alarms if one.judgement == "true" and one.condition.level != Level.LOW]
    for one in dice.sample(grave, min(len(grave), round(wanted * FROM_ALARMS))):
        level = one.condition.level
        yield Hazard(one.at + timedelta(minutes=30), one.condition.unit, one.condition.words, level, alarm=one.id)
    left = wanted - len(rounds.faults) - round(wanted * (REPORTED + FROM_ALARMS))
    for second in span.drawn(numbers, max(left, 0)):
        yield Hazard(span.at(second), dice.choice(plant.units), dice.choice(_SEEN), dice.choice(_WEIGHED))


def _by_wear(span: Span, plant: Plant) -> list[float]:
    """Summed weights: what wears is found wanting more often. As in the middle of the time, for all of it."""
    return list(accumulate(unit.wear(span.part(0.5)) for unit in plant.units))


def _taken_up(ledger: Ledger, span: Span, crew: Crew, dice: random.Random, books: _Books, hazard: Hazard) -> None:
    """Decide on its report, and put it right."""
    decided = hazard.at + timedelta(minutes=dice.randrange(20, 1500))
    fate = ReportState.ACCEPTED
    if hazard.report is not None:
        chance = dice.random()
        fate = ReportState.REFUSED if chance < 0.05 else ReportState.MERGED if chance < 0.09 else fate
        fate = ReportState.WAITING if decided >= span.until else fate
    earlier = [one for one in books.reports[-300:] if one[6] == hazard.unit.id and one[11] == ReportState.ACCEPTED]
    if fate is ReportState.MERGED and not earlier:
        fate = ReportState.ACCEPTED
    opened = decided if hazard.report is not None else hazard.at
    rectification = None
    if fate is ReportState.ACCEPTED and opened < span.until:
        rectification = _opened(ledger, span, crew, dice, books, hazard, opened)
    if hazard.report is not None:
        into = earlier[-1][0] if fate is ReportState.MERGED else None
        books.reports.append(_report(span, crew, dice, books, hazard, (fate, decided, into, rectification)))


def _report(
    span: Span,
    crew: Crew,
    dice: random.Random,
    books: _Books,
    hazard: Hazard,
    fate: tuple[ReportState, datetime, int | None, int | None],
) -> tuple[Any, ...]:
    state, decided, into, rectification = fate
    from_check_in, open_ = hazard.answer is not None, state is ReportState.WAITING
    factor = Factor.OBJECT if from_check_in else dice.choice(list(Factor))
    team = hazard.unit.area.team if state is ReportState.ACCEPTED else None
    return (
        *(hazard.report, _number(span, books, "SB", hazard.at), hazard.words, factor, hazard.level),
        *("given" if from_check_in else "usual", hazard.unit.id, hazard.unit.area.id),
        *(Origin.CHECKIN if from_check_in else Origin.PERSON, hazard.answer, hazard.reporter, state, team, into),
        *(rectification, None if open_ else crew.leader[hazard.unit.area.team], None if open_ else decided),
        *(span.until + timedelta(hours=4) if open_ else None, hazard.at),
    )


def _opened(
    ledger: Ledger, span: Span, crew: Crew, dice: random.Random, books: _Books, hazard: Hazard, at: datetime
) -> int:
    team = hazard.unit.area.team
    hands = Hands(dice.choice(crew.workers[team]), crew.leader[team], dice.choice(crew.officers))
    late = dice.random() < (SLOW_LATE if team == crew.teams[SLOW_TEAM] else LATE)
    went = course(dice, hands, hazard.level, at, late, span.until)
    rectification = ledger.id(Rectification)
    before, times = None, 0
    last = books.verified.get(hazard.unit.id)
    if last and timedelta() <= at - last[2] < timedelta(days=RECURS_DAYS) and dice.random() < RECURS * 1.3:
        before, times = last[0], last[1] + 1
    row = _row(rectification, _number(span, books, "ZG", at), dice.choice(_CAUSES), hazard, hands, went)
    books.rectifications.append((*row, before, times, len(went.steps), at))
    books.entries += _entries(ledger, rectification, went.steps)
    if done := went.last(Step.VERIFIED):
        books.verified[hazard.unit.id] = (rectification, times, done.at)
    return rectification


def _row(id_: int, number: str, cause: str, hazard: Hazard, hands: Hands, went: Course) -> tuple[Any, ...]:
    state = next(_AFTER[one.step] for one in reversed(went.steps) if one.step in _AFTER)
    started, handed, done = (went.last(step) for step in (Step.STARTED, Step.SUBMITTED, Step.VERIFIED))
    return (
        *(id_, number, hazard.alarm, hazard.unit.id, hazard.unit.area.id, hazard.level, hazard.words, cause),
        *(
            "查明原因并修复",
            hands.owner,
            went.deadline,
            went.original,
            went.wanted,
            hands.owner if went.wanted else None,
        ),
        *(state, hands.opener, started and started.at, handed and handed.at, handed and handed.by),
        *(done and done.at, done and done.by),
    )


def _entries(ledger: Ledger, rectification: int, steps: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for one in steps:
        id_ = ledger.id(RectificationEntry)
        yield id_, rectification, one.step, one.by, one.note, one.deadline, one.at


def _number(span: Span, books: _Books, prefix: str, at: datetime) -> str:
    """``ZG-20261124-003``: counted by day of the site."""
    day = f"{prefix}-{span.local(at):%Y%m%d}"
    books.days[day] += 1
    return f"{day}-{books.days[day]:03}"
