"""Ranking root causes: everything that speaks for a point is summed as log evidence, then made a probability.

Terms, each a general idea: what graph parents leave unexplained (CIRCA, Li et al., KDD 2022); how much of the
early deviation lies downstream (coverage, in the spirit of random-walk localisation, Wu et al., NOMS 2020);
likeness to the symptom over time (PetShop, Hardt et al., CLeaR 2024); being explained by a deviating parent;
events before alarms (events.py). With few rows regressions say little, so size and likeness weigh instead.
The weights were chosen on the development cases (docs/tracing-engine.md shows what each term brings).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .deviation import Z_MOST, Deviations
from .events import EventEvidence
from .graph import PlantGraph
from .normal import Normal
from .window import Floats

EARLY_WEIGHT, LASTING_WEIGHT = 0.4, 0.6
COVERAGE_WEIGHT, COVERAGE_FLOOR, COVERAGE_DECAY, COVERAGE_HOPS = 1.0, 0.03, 0.7, 3
SIZE_WEIGHT, LIKENESS_WEIGHT, EXPLAINED_WEIGHT = 2.0, 1.0, 0.7
SAME_QUANTITY_WEIGHT, PRESENCE_WEIGHT, SYMPTOM_ITSELF_WEIGHT, NO_WAY_WEIGHT = 3.0, 1.0, 2.0, 0.3
EVENT_WEIGHT, EVENT_SHARE = 8.0, 0.95
ROWS_FOR_REGRESSION = 30.0
TEMPERATURE = 1.0
UNKNOWN_CAUSE = -3.0  # log evidence of a cause nobody measures: what the probabilities leave to 1


@dataclass(frozen=True, eq=False)
class Ranking:
    """Arrays have one entry a point; `barred` points (alarms) have probability 0."""

    score: Floats
    probability: Floats
    likeness: Floats
    coverage: Floats
    strongest_parent: tuple[int | None, ...]
    explained: Floats


def rank(
    normal: Normal,
    graph: PlantGraph,
    found: Deviations,
    events: EventEvidence,
    parents: Mapping[str, Sequence[str]],
    target: str | None,
    barred: Sequence[str],
    prior: Mapping[str, float],
) -> Ranking:
    """Weigh every point as root cause of `target`, or of the deviation as a whole."""
    points = normal.points
    adjacency = _adjacency(points, parents)
    likeness = _likeness(found, points.index(target)) if target in points else np.ones(len(points))
    coverage = _coverage(adjacency, np.log1p(np.maximum(found.moved - 1, 0)) * likeness)
    size = np.log1p(found.peak) * likeness
    explained, strongest = _explained(adjacency, size)
    rows = max(len(found.z) - found.start, 0)
    regression = rows / (rows + ROWS_FOR_REGRESSION)
    score = regression * (EARLY_WEIGHT * _log(found.early) + LASTING_WEIGHT * _log(found.lasting))
    score += COVERAGE_WEIGHT * np.log(COVERAGE_FLOOR + coverage) + PRESENCE_WEIGHT * np.log(normal.presence + 0.02)
    score += (1 - regression) * (SIZE_WEIGHT * np.log(size + 0.05) - EXPLAINED_WEIGHT * explained)
    if target is not None:
        score += LIKENESS_WEIGHT * np.log(likeness + 0.05) + _ties_to(graph, points, target)
    if events.alarms:
        # Where alarms have a clear cause among the events, courses over time say little beside it.
        clear = float(events.score.max(initial=0.0))
        score = (1 - EVENT_SHARE * min(2 * clear, 1.0)) * score + EVENT_WEIGHT * (events.score - clear)
    score = score + TEMPERATURE * np.array(
        [prior.get(name, 0.0) + prior.get(graph.unit_of(name) or "", 0.0) for name in points]
    )
    allowed = np.array([name not in set(barred) for name in points], bool)
    return Ranking(score, _probability(score, allowed), likeness, coverage, strongest, explained)


def _log(size: Floats) -> Floats:
    return np.log(np.clip(size, 1e-2, Z_MOST))


def _adjacency(points: Sequence[str], parents: Mapping[str, Sequence[str]]) -> Floats:
    """Parent × child, 1 where the graph says so."""
    place = {name: column for column, name in enumerate(points)}
    links = np.zeros((len(points), len(points)))
    for child, above in parents.items():
        for parent in above:
            if parent in place and child in place:
                links[place[parent], place[child]] = 1.0
    return links


def _coverage(adjacency: Floats, weight: Floats) -> Floats:
    """Share of all deviation found downstream of each point, by hops with decay."""
    reached = np.eye(len(weight), dtype=bool)
    front, gathered = np.eye(len(weight), dtype=np.float32), np.zeros(len(weight))
    links = adjacency.astype(np.float32)
    for hop in range(1, COVERAGE_HOPS + 1):
        front = ((front @ links > 0) & ~reached).astype(np.float32)
        reached |= front > 0
        gathered += COVERAGE_DECAY**hop * (front @ weight)
    return gathered / (float(weight.sum()) + 1e-9)


def _likeness(found: Deviations, target: int) -> Floats:
    """Cosine between the course of each point's deviation and the symptom's, since the start."""
    course = np.log1p(np.abs(found.z[found.start :]))
    if not len(course):
        return np.ones(found.z.shape[1])
    course = course - course.min(0)
    symptom = course[:, target]
    norm = np.sqrt((course * course).sum(0) * float((symptom * symptom).sum()) + 1e-9)
    return np.asarray((course * symptom[:, None]).sum(0) / norm)


def _explained(adjacency: Floats, size: Floats) -> tuple[Floats, tuple[int | None, ...]]:
    """0 … 1: how far the strongest deviating parent is as large as the point itself, and which it is."""
    above = adjacency * size[:, None]
    strongest = above.argmax(0) if len(size) else np.zeros(0, int)
    most = above.max(0) if len(size) else np.zeros(0)
    share = np.minimum(most / np.maximum(size, 1e-6), 1.0)
    return share, tuple(int(p) if m > 0 else None for p, m in zip(strongest, most, strict=True))


def _ties_to(graph: PlantGraph, points: Sequence[str], target: str) -> Floats:
    """Prior from the plan: the symptom is not its own cause, equal quantities compare, a way should lead there."""
    ways = graph.upstream([target])
    symptom = graph.node(target)
    quantity = symptom.quantity if symptom else None
    out = np.zeros(len(points))
    for column, name in enumerate(points):
        node = graph.node(name)
        if name == target:
            out[column] -= SYMPTOM_ITSELF_WEIGHT
        if quantity is not None and node is not None and node.quantity == quantity:
            out[column] += SAME_QUANTITY_WEIGHT
        if ways and name not in ways:
            out[column] -= NO_WAY_WEIGHT
    return out


def _probability(score: Floats, allowed: np.ndarray) -> Floats:
    """Softmax beside the unknown cause."""
    if not len(score):
        return score
    scaled = np.where(allowed, score, -np.inf) / TEMPERATURE
    unknown = UNKNOWN_CAUSE / TEMPERATURE
    top = max(float(scaled.max()), unknown)
    weight = np.exp(scaled - top)
    return np.asarray(weight / (weight.sum() + np.exp(unknown - top)))
