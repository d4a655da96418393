"""Risk points of every area: equipment, activities and places, with sources, gradings over the years and measures."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backend.alarms.models import Level
from backend.risks.codes import LEAST_CONTROL, Control, MeasureKind, PointKind, highest
from backend.risks.grading import Bands, grade
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint
from backend.starter.risks import MeasureSpec, RiskPointSpec, SourceSpec
from scripts.years.breaking import Over
from scripts.years.catalogue import elsewhere, kind_of, of_class
from scripts.years.effects import graded_low, unheld
from scripts.years.graded import Given, aims, history
from scripts.years.inspecting import ITEM_OF, Rounds
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.plant import Place, Plant, Unit
from scripts.years.rhythm import Span

RETIRED = 0.03
"""Share of risk points that are no longer there."""
HELD_TOO_LOW = 0.04
"""Share that somebody holds who should not, by its level."""
REPLACED = 0.07
"""Share of measures that replaced another one."""
BANDS = Bands()
GRAVE = {Level.MAJOR, Level.SIGNIFICANT}


@dataclass(frozen=True)
class Upkeep:
    """What checks and keeps: of an area its inspection plan, of equipment its maintenance plan."""

    plans: Mapping[int, int]
    maintenance: Mapping[int, int]


@dataclass
class _Books:
    points: list[tuple[Any, ...]] = field(default_factory=list)
    sources: list[tuple[Any, ...]] = field(default_factory=list)
    gradings: list[tuple[Any, ...]] = field(default_factory=list)
    measures: list[tuple[Any, ...]] = field(default_factory=list)
    grave: int = 0


@dataclass(frozen=True)
class _Spot:
    """A risk point to be written. ``watched``: the highest level of the rules there."""

    kind: PointKind
    name: str
    name_en: str
    place: Place
    sources: Sequence[SourceSpec]
    setbacks: Sequence[datetime]
    unit: Unit | None = None
    watched: str = ""


async def grade_all(
    ledger: Ledger,
    span: Span,
    plant: Plant,
    crew: Crew,
    rounds: Rounds,
    kept: Mapping[int, int],
    over: Sequence[Over],
    wanted: int,
) -> None:
    """Write ``wanted`` risk points with all that belongs to them. ``kept``: of equipment its maintenance plan;
    ``over``: the incidents that are closed."""
    await ledger.open(RiskPoint, HazardSource)
    dice, books, upkeep = span.dice("risks"), _Books(), Upkeep(rounds.plans, kept)
    spots = list(_spots(span, plant, over, wanted))
    for number, spot in enumerate(spots, 1):
        _written(ledger, span, crew, dice, books, upkeep, number, spot)
    columns = ("id", "code", "name", "name_en", "kind", "stage_id", "area_id", "equipment_id", "control", "post_id")
    ends = ("level", "origin", "version", "retired_at", "retired_why", "sample", "created_at")
    await ledger.copy(RiskPoint, (*columns, *ends), books.points)
    columns = ("id", "risk_point_id", "position", "name", "name_en", "accidents", "factor", "consequence")
    ends = ("consequence_en", "basis", "basis_en", "inherent_level", "residual_level", "created_at")
    await ledger.copy(HazardSource, (*columns, *ends), books.sources)
    # A page takes the greatest id as the newest.
    books.gradings.sort(key=lambda row: row[-1])
    columns = ("source_id", "residual", "method", "l", "e", "c", "s", "value", "level", "bands", "graded_by", "why")
    await ledger.copy(RiskGrading, (*columns, "created_at"), books.gradings)
    columns = ("source_id", "kind", "position", "words", "words_en", "post_id", "plan_id", "check_item")
    ends = ("maintenance_plan_id", "dropped_at", "created_at")
    await ledger.copy(ControlMeasure, (*columns, *ends), books.measures)


def _spots(span: Span, plant: Plant, over: Sequence[Over], wanted: int) -> Iterator[_Spot]:
    """So many an area, half of them its equipment: what graver rules watch comes first."""
    dice = span.dice("spots")
    watched: dict[int, str] = defaultdict(str)
    for one in plant.conditions:
        watched[one.unit.id] = highest([watched[one.unit.id], one.level])
    units: dict[int, list[Unit]] = defaultdict(list)
    for unit in plant.units:
        units[unit.area.id].append(unit)
    number = 0
    for place in plant.places:
        count = wanted * (place.order + 1) // len(plant.places) - wanted * place.order // len(plant.places)
        here = dice.sample(units[place.id], len(units[place.id]))
        here.sort(key=lambda unit: watched[unit.id] != Level.MAJOR)
        for unit in here[: (count + 1) // 2]:
            yield _of(unit, watched[unit.id], [one.at for one in over if one.unit == unit.id])
        for _ in range(count - min(len(here), (count + 1) // 2)):
            yield _at(place, elsewhere(number))
            number += 1


def _of(unit: Unit, watched: str, setbacks: Sequence[datetime]) -> _Spot:
    name_en = f"{unit.kind.replace('_', ' ').capitalize()} {unit.code}"
    return _Spot(PointKind.EQUIPMENT, unit.name, name_en, unit.area, of_class(unit.kind), setbacks, unit, watched)


def _at(place: Place, spec: RiskPointSpec) -> _Spot:
    name = f"{place.order + 1:02} 区{spec.name}"
    return _Spot(kind_of(spec), name, f"{spec.name_en}, area {place.order + 1:02}", place, spec.sources, ())


def _written(
    ledger: Ledger, span: Span, crew: Crew, dice: random.Random, books: _Books, upkeep: Upkeep, number: int, spot: _Spot
) -> None:
    id_, levels, given = ledger.id(RiskPoint), [], 0
    for position, spec in enumerate(spot.sources):
        level, times = _source(ledger, span, crew, dice, books, upkeep, (id_, position, spec), spot)
        levels.append(level)
        given += times
    level = highest(levels)
    control = LEAST_CONTROL[Level(level)]
    if control is not Control.POST and dice.random() < HELD_TOO_LOW:
        control = list(Control)[list(Control).index(control) + 1]
    gone = span.at(dice.randrange(span.hours // 2, span.hours) * 3600) if dice.random() < RETIRED else None
    books.points.append(
        (
            *(id_, f"FX-{number:03}", spot.name, spot.name_en, spot.kind, spot.place.stage, spot.place.id),
            *(spot.unit and spot.unit.id, control, spot.place.post, level, "hand", 1 + given),
            *(gone, "工艺改造后不再存在" if gone else "", True, span.since),
        )
    )


def _source(
    ledger: Ledger,
    span: Span,
    crew: Crew,
    dice: random.Random,
    books: _Books,
    upkeep: Upkeep,
    of: tuple[int, int, SourceSpec],
    spot: _Spot,
) -> tuple[str, int]:
    """Write a source; gives its present level and how often it was graded."""
    point, position, spec = of
    id_ = ledger.id(HazardSource)
    watched = spot.watched if position == 0 else ""
    aim = aims(spec, watched, low=graded_low(spot.place.order), matrix=spot.kind is PointKind.PLACE)
    gradings = history(dice, span, aim, spot.setbacks)
    levels = {False: "", True: ""}
    for one in gradings:
        row = _grading(id_, one, dice.choice(crew.officers))
        levels[one.residual] = row[8]
        books.gradings.append(row)
    books.sources.append(
        (
            *(id_, point, position, spec.name, spec.name_en, [str(one) for one in spec.accidents], spec.factor),
            *(spec.consequence, spec.consequence_en, "\n".join(spec.basis), "\n".join(spec.basis_en)),
            *(levels[False], levels[True], span.since),
        )
    )
    books.grave += levels[True] in GRAVE
    if levels[True] not in GRAVE or not unheld(books.grave):
        books.measures += _measures(span, dice, id_, spec.measures, upkeep, spot)
    return levels[True], len(gradings)


def _grading(source: int, one: Given, by: int) -> tuple[Any, ...]:
    score, graded = one.score, grade(one.score, BANDS)
    given = (score.method, score.l, score.e, score.c, score.s, graded.value, str(graded.level))
    return source, one.residual, *given, list(BANDS.of(score.method)), by, one.why, one.at


def _measures(
    span: Span, dice: random.Random, source: int, specs: Sequence[MeasureSpec], upkeep: Upkeep, spot: _Spot
) -> Iterator[tuple[Any, ...]]:
    """What holds it: what is engineered is kept by maintenance or looked at on the round, what is managed by rounds."""
    plan = upkeep.plans.get(spot.place.id)
    for position, one in enumerate(specs):
        since = span.since + timedelta(days=dice.randrange(1, 30))
        kept = upkeep.maintenance.get(spot.unit.id) if spot.unit and one.kind is MeasureKind.ENGINEERING else None
        looked = plan if kept is None and one.kind in {MeasureKind.ENGINEERING, MeasureKind.MANAGEMENT} else None
        checks = (looked, ITEM_OF[one.kind] if looked else "", kept)
        of = (source, one.kind, position, one.words, one.words_en, spot.place.post)
        if dice.random() < REPLACED:
            anew = span.at(dice.randrange(span.hours // 4, span.hours) * 3600)
            yield (*of[:3], f"原：{one.words}", f"Before: {one.words_en}", of[5], None, "", None, anew, since)
            since = anew
        yield (*of, *checks, None, since)
