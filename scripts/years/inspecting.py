"""Rounds: a plan for each area, its visits by the product's own calendar, check-ins with answers; what failed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from backend.checkins.calendar import USUAL_SHIFTS
from backend.checkins.judging import ItemKind, Verdict
from backend.checkins.models import (
    CheckIn,
    CheckInAnswer,
    Checklist,
    InspectionPlan,
    InspectionStop,
    InspectionVisit,
    Proof,
    VisitState,
)
from backend.checkins.schedule import Cadence, Rhythm, Window, windows
from backend.hazards.reports.models import HazardReport
from backend.risks.codes import MeasureKind
from scripts.years.effects import MISSED, MISSED_AT_NIGHT
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.plant import Place, Plant, Unit
from scripts.years.rhythm import Span

_ITEMS = (
    {"kind": "yes_no", "title": "外观、声音、温度正常", "title_en": "Looks, sounds and feels normal"},
    {"kind": "yes_no", "title": "没有泄漏、异味", "title_en": "No leak, no smell"},
    {"kind": "reading", "title": "轴承温度", "title_en": "Bearing temperature", "unit": "℃", "high": 80.0},
)
ITEM_OF = {MeasureKind.ENGINEERING: _ITEMS[0]["title"], MeasureKind.MANAGEMENT: _ITEMS[1]["title"]}
"""The item of the checklist that looks whether a measure of this kind holds."""
_PER_DAY = {Rhythm.SHIFT: len(USUAL_SHIFTS), Rhythm.DAY: 1.0, Rhythm.WEEK: 1 / 7, Rhythm.MONTH: 12 / 365}
MADE_UP = 0.3
"""Share of the missed that somebody made up for."""
BAD = 0.009
"""Share of answers that say something is wrong; half as many again at the end of the time."""


@dataclass(frozen=True)
class Fault:
    """A failed answer, of which a hazard report was made."""

    report: int
    answer: int
    at: datetime
    person: int
    unit: Unit
    words: str


@dataclass(frozen=True)
class Missed:
    """A visit that nobody made in time."""

    visit: int
    unit: Unit
    due: datetime


@dataclass
class Rounds:
    """What the parts after it need."""

    faults: list[Fault]
    missed: list[Missed]
    plans: dict[int, int]
    """Of each area its plan."""


class _Book:
    """Rows of one plan."""

    def __init__(self) -> None:
        self.visits: list[tuple[Any, ...]] = []
        self.check_ins: list[tuple[Any, ...]] = []
        self.answers: list[tuple[Any, ...]] = []


async def inspect(ledger: Ledger, span: Span, plant: Plant, crew: Crew, wanted: int) -> Rounds:
    """Write plans and some ``wanted`` visits with what came of them."""
    await ledger.open(InspectionPlan, Checklist, InspectionStop, InspectionVisit, CheckIn, CheckInAnswer, HazardReport)
    dice = span.dice("rounds")
    rounds = Rounds([], [], {})
    rhythm, many = _rhythm(span, len(plant.places), wanted)
    due = windows(_cadence(rhythm, span), span.since, span.until)
    of_place: dict[int, list[Unit]] = {place.id: [] for place in plant.places}
    for unit in plant.units:
        of_place[unit.area.id].append(unit)
    for number, place in enumerate(plant.places):
        # What doesn't divide is dealt to the first plans.
        more = wanted - len(due) * many * len(plant.places) > number * len(due)
        units = of_place[place.id][: many + more]
        plan, stops = await _plan(ledger, span, rhythm, place, units)
        rounds.plans[place.id] = plan
        book = _Book()
        for stop, unit in stops:
            for window in due:
                _visit(ledger, span, crew, dice, rounds, book, stop, unit, window)
        await _written(ledger, book)
    return rounds


def _rhythm(span: Span, places: int, wanted: int) -> tuple[Rhythm, int]:
    """The densest rhythm by which each plan still has a stop, and how many stops each has at least."""
    for rhythm, per_day in _PER_DAY.items():
        stops = wanted / places / (span.hours / 24 * per_day)
        if stops >= 1:
            return rhythm, int(stops)
    return Rhythm.MONTH, 1


def _cadence(rhythm: Rhythm, span: Span) -> Cadence:
    return Cadence(rhythm, span.zone, shifts=tuple(time.fromisoformat(one) for one in USUAL_SHIFTS))


async def _plan(
    ledger: Ledger, span: Span, rhythm: Rhythm, place: Place, units: list[Unit]
) -> tuple[int, list[tuple[tuple[int, int, int, int], Unit]]]:
    """Write a plan; gives its id, and (stop, plan, checklist, post) of each unit."""
    plan, checklist = ledger.id(InspectionPlan), ledger.id(Checklist)
    columns = ("id", "name", "post_id", "rhythm", "begins_at", "planned_until", "checklist_id", "sample", "created_at")
    row = (
        plan,
        f"{place.order + 1:02} 区巡检",
        place.post,
        rhythm,
        span.since,
        span.until,
        checklist,
        True,
        span.since,
    )
    await ledger.copy(InspectionPlan, columns, [row])
    await ledger.copy(
        Checklist, ("id", "plan_id", "items", "created_at"), [(checklist, plan, list(_ITEMS), span.since)]
    )
    stops = [(ledger.id(InspectionStop), unit) for unit in units]
    rows = [(stop, plan, position, unit.id) for position, (stop, unit) in enumerate(stops)]
    await ledger.copy(InspectionStop, ("id", "plan_id", "position", "equipment_id"), rows)
    return plan, [((stop, plan, checklist, place.post), unit) for stop, unit in stops]


def _visit(
    ledger: Ledger,
    span: Span,
    crew: Crew,
    dice: random.Random,
    rounds: Rounds,
    book: _Book,
    stop: tuple[int, int, int, int],
    unit: Unit,
    window: Window,
) -> None:
    visit = ledger.id(InspectionVisit)
    state, at = _done(span, dice, window)
    missed_at = None
    if state in {VisitState.MISSED, VisitState.MADE_UP}:
        missed_at = window.closes + timedelta(seconds=30)
        rounds.missed.append(Missed(visit, unit, window.closes))
    made = window.opens - timedelta(days=2)
    book.visits.append((visit, stop[1], stop[0], stop[3], window.opens, window.closes, state, missed_at, made))
    if at is not None:
        _check_in(ledger, span, crew, dice, rounds, book, (visit, stop[2], stop[3]), unit, at, at >= window.closes)


def _done(span: Span, dice: random.Random, window: Window) -> tuple[VisitState, datetime | None]:
    """What became of a visit, and when somebody was there."""
    night = not 8 <= span.local(window.opens).hour < 20
    length = (window.closes - window.opens).total_seconds()
    chance, part = dice.random(), dice.triangular(0.02, 0.98, 0.3)
    if chance >= (MISSED_AT_NIGHT if night else MISSED):
        at = window.opens + timedelta(seconds=int(part * length))
        return (VisitState.DONE, at) if at < span.until else (VisitState.DUE, None)
    if window.closes + timedelta(seconds=30) > span.until:
        return VisitState.DUE, None
    at = window.closes + timedelta(seconds=int(part * length))
    return (VisitState.MADE_UP, at) if dice.random() < MADE_UP and at < span.until else (VisitState.MISSED, None)


def _check_in(
    ledger: Ledger,
    span: Span,
    crew: Crew,
    dice: random.Random,
    rounds: Rounds,
    book: _Book,
    of: tuple[int, int, int],
    unit: Unit,
    at: datetime,
    late: bool,
) -> None:
    visit, checklist, post = of
    check_in, person = ledger.id(CheckIn), _by(crew, dice, post, unit)
    failed = 0
    for row in _answers(ledger, span, dice, check_in, unit, at):
        if row[-2] == Verdict.FAILED:
            failed += 1
            report = ledger.id(HazardReport)
            rounds.faults.append(Fault(report, row[0], at, person, unit, row[4]))
            row = (*row[:-1], report)  # noqa: PLW2901 - the answer knows its report
        book.answers.append(row)
    sent = at + timedelta(seconds=dice.randrange(3600, 20_000) if dice.random() < 0.03 else 1)
    proof = Proof.LABEL if dice.random() < 0.85 else Proof.MANUAL
    book.check_ins.append((check_in, visit, checklist, unit.id, person, at, late, proof, failed, min(sent, span.until)))


def _by(crew: Crew, dice: random.Random, post: int, unit: Unit) -> int:
    return dice.choice(crew.held_by.get(post) or crew.workers[unit.area.team])


def _answers(
    ledger: Ledger, span: Span, dice: random.Random, check_in: int, at_unit: Unit, at: datetime
) -> Iterator[tuple[Any, ...]]:
    bad = BAD * at_unit.wear(at) * (1 + 0.5 * (at - span.since) / (span.until - span.since))
    for position, item in enumerate(_ITEMS):
        failed = dice.random() < bad
        if item["kind"] == ItemKind.READING:
            answer = f"{dice.uniform(81, 95) if failed else dice.gauss(58, 6):.1f}"
            failed = float(answer) > 80
        else:
            answer = "no" if failed else "yes"
        verdict = Verdict.FAILED if failed else Verdict.WELL
        unit = item.get("unit", "")
        yield (
            ledger.id(CheckInAnswer),
            check_in,
            position,
            item["kind"],
            item["title"],
            item["title_en"],
            unit,
            answer,
            verdict,
            None,
        )


async def _written(ledger: Ledger, book: _Book) -> None:
    columns = ("id", "plan_id", "stop_id", "post_id", "opens_at", "closes_at", "state", "missed_at", "created_at")
    await ledger.copy(InspectionVisit, columns, book.visits)
    columns = ("id", "visit_id", "checklist_id", "equipment_id", "person_id", "at", "late", "proof", "failed")
    await ledger.copy(CheckIn, (*columns, "created_at"), book.check_ins)
    columns = ("id", "check_in_id", "position", "kind", "title", "title_en", "unit", "answer", "verdict")
    await ledger.copy(CheckInAnswer, (*columns, "hazard_report_id"), book.answers)
