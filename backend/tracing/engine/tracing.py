"""The whole question at once: from a window, what is normal and the plant graph to causes, paths and scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .apart import Apart, apart, merged
from .causes import Ranking, rank
from .deviation import Deviations, deviations
from .events import EventEvidence, event_evidence
from .explanation import Explanation
from .graph import PlantGraph
from .normal import Normal
from .onset import Onset
from .reasons import Case, explain, explain_unmeasured
from .scope import Affected, impact
from .window import Window

MOST_CAUSES = 10
MOST_AFFECTED = 40


@dataclass(frozen=True, slots=True)
class Cause:
    """A candidate root cause. `probability`: all causes of a trace and "something unmeasured" sum to 1; `score`: log
    evidence of the readings, comparable within a trace; `onset_s`: when it began to move (the window's clock), or None;
    `deviation`: robust standard deviations at the most, signed; `path` to the symptom, empty where none is known.
    `disturbance`: 0, or 1 for causes of a second fault that the first doesn't explain; then the probabilities of each
    sum to 1 with what isn't measured."""

    node: str
    unit: str | None
    probability: float
    score: float
    onset_s: float | None
    onset_earliest_s: float | None
    onset_latest_s: float | None
    deviation: float
    path: tuple[str, ...]
    explanation: Explanation
    disturbance: int = 0


@dataclass(frozen=True, slots=True)
class UnitShare:
    """A unit and the probability that the cause lies among its points."""

    unit: str
    probability: float


@dataclass(frozen=True, slots=True)
class TraceResult:
    """`abnormal` False: the joint charts saw nothing, the causes are guesses. `started_s`: when the deviation began
    (the window's clock); `symptom`: the point explained; `unknown`: probability that the cause isn't measured."""

    abnormal: bool
    started_s: float | None
    symptom: str | None
    causes: tuple[Cause, ...]
    units: tuple[UnitShare, ...]
    scope: tuple[Affected, ...]
    unknown: float


def trace(
    window: Window,
    normal: Normal,
    graph: PlantGraph,
    target: str | None = None,
    alarm_columns: Sequence[str] = (),
    fault_free_rows: int = 0,
    most: int | None = MOST_CAUSES,
    *,
    prior: Mapping[str, float] | None = None,
) -> TraceResult:
    """Rank root causes of what the window shows.

    `target`: the symptom to explain, if one is known; `alarm_columns`: points that are plant alarms and so never a
    cause; the first `fault_free_rows` rows are known to be normal; `most` causes are returned (None: all);
    `prior`: log-priors by point or unit, what was learned from confirmed causes.
    A window without rows or points gives an empty answer."""
    window = window.arranged(normal.points)
    if not window.rows or not normal.points:
        return TraceResult(False, None, None, (), (), (), 1.0)
    parents = graph.measured_parents(normal.points)
    found = deviations(window, normal, parents, fault_free_rows)
    events = event_evidence(window, normal, graph, alarm_columns, fault_free_rows)
    known = target if target in normal.points else None
    ranking = rank(normal, graph, found, events, parents, known, alarm_columns, prior)
    symptom = known or _symptom(normal, found, alarm_columns)
    case = Case(window, normal, graph, found, ranking, events, symptom, known is not None)
    double, two = _split(case, parents, alarm_columns, prior)
    causes = _causes(double, two, most)
    scope = impact(window, normal, graph, [causes[0].node], MOST_AFFECTED, fault_free_rows) if causes else ()
    begun = float(window.times_s[found.start])
    abnormal = found.abnormal or bool(events.alarms)
    return TraceResult(
        abnormal,
        begun if abnormal else None,
        symptom,
        causes,
        _units(double),
        scope,
        _unknown(double.ranking, two),
    )


def _symptom(normal: Normal, found: Deviations, barred: Sequence[str]) -> str | None:
    """The point that deviates most at the end: what people see."""
    last = np.abs(found.z[-5:]).mean(0)
    last = np.where([name in set(barred) for name in normal.points], -1.0, last)
    column = int(last.argmax())
    return normal.points[column] if last[column] > 3 else None


def _unknown(ranking: Ranking, two: Apart) -> float:
    return float(max(0.0, 1 - ranking.probability[~two.left].sum() - ranking.unmeasured_probability.sum()))


def _split(
    case: Case,
    parents: Mapping[str, Sequence[str]],
    barred: Sequence[str],
    prior: Mapping[str, float] | None,
) -> tuple[Case, Apart]:
    """The case with each of two disturbances ranked for itself, if there are two."""
    normal, graph, found, points = case.normal, case.graph, case.found, case.normal.points
    two = apart(normal, graph, found, case.ranking, barred)
    if not two.found or case.events.alarms:
        return case, Apart(np.zeros(len(points), bool))
    inside = [name for name, left in zip(points, two.left, strict=True) if left]
    outside = [name for name in points if name not in set(inside)]
    known = case.symptom if case.target_known else None
    main = rank(normal, graph, found, case.events, parents, known, [*barred, *inside], prior)
    nothing = EventEvidence(np.zeros(len(points)), ())
    second = rank(normal, graph, found, nothing, parents, None, [*barred, *outside], prior)
    return replace(case, ranking=merged(main, second, two)), two


def _causes(case: Case, two: Apart, most: int | None) -> tuple[Cause, ...]:
    """Points and unmeasured units, likeliest first; of two disturbances the first of each before the others."""
    ranking, points = case.ranking, len(case.normal.points)
    probability = np.concatenate((ranking.probability, ranking.unmeasured_probability))
    score = np.concatenate((ranking.score, [unit.score for unit in ranking.unmeasured]))
    order = [int(place) for place in np.lexsort((-score, -probability)) if probability[place] > 0]
    if two.found:
        main = [place for place in order if place >= points or not two.left[place]]
        second = [place for place in order if place < points and two.left[place]]
        order = [*main[:1], *second[:1], *(place for place in order if place not in (*main[:1], *second[:1]))]
    return tuple(_cause(case, two, n) if n < points else _guessed(case, n - points) for n in order[:most])


def _guessed(case: Case, number: int) -> Cause:
    """An unmeasured unit as cause: it has no course of its own, only what its points downstream say."""
    guess, probability = case.ranking.unmeasured[number], float(case.ranking.unmeasured_probability[number])
    path = case.graph.path(guess.unit, case.symptom) if case.symptom else ()
    explanation = explain_unmeasured(case, guess)
    return Cause(guess.unit, guess.unit, probability, guess.score, None, None, None, 0.0, path, explanation)


def _cause(case: Case, two: Apart, column: int) -> Cause:
    window, found, ranking, name = case.window, case.found, case.ranking, case.normal.points[column]
    onset = found.onsets[column]
    after = found.z[found.start :, column]
    deviation = float(after[np.abs(after).argmax()]) if len(after) else 0.0
    path = case.graph.path(name, case.symptom) if case.symptom else ()
    return Cause(
        name,
        case.graph.unit_of(name),
        float(ranking.probability[column]),
        float(ranking.score[column]),
        *_times(window, onset),
        deviation,
        path,
        explain(case, column),
        int(two.left[column]),
    )


def _times(window: Window, onset: Onset | None) -> tuple[float | None, float | None, float | None]:
    if onset is None:
        return None, None, None
    last = window.rows - 1
    row, earliest, latest = (float(window.times_s[min(r, last)]) for r in (onset.row, onset.earliest, onset.latest))
    return row, earliest, latest


def _units(case: Case) -> tuple[UnitShare, ...]:
    """Probability per unit: often surer than any single point of it."""
    share: dict[str, float] = {}
    for name, probability in zip(case.normal.points, case.ranking.probability, strict=True):
        unit = case.graph.unit_of(name)
        if unit:
            share[unit] = share.get(unit, 0.0) + float(probability)
    for guess, probability in zip(case.ranking.unmeasured, case.ranking.unmeasured_probability, strict=True):
        share[guess.unit] = share.get(guess.unit, 0.0) + float(probability)
    ranked = sorted(share.items(), key=lambda item: -item[1])
    return tuple(UnitShare(unit, probability) for unit, probability in ranked if probability > 0.005)
