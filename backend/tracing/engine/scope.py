"""Tracing forward: what a disturbance that enters at some points will reach, when, and how strongly.

Reach along the plant graph with decay per step, together with what already moves: a point whose distribution
has left the normal one (Kolmogorov–Smirnov distance to the normal quantiles) is affected whatever the plan says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .deviation import joint_start, robust_z
from .graph import PlantGraph, Reach
from .normal import Normal
from .onset import Onset, onsets_of
from .window import Floats, Window, carried_forward

RECENT_ROWS = 60
DECAY = 0.8
REACH_WEIGHT, MOVED_WEIGHT = 0.15, 1.0
LATER, SOONER = 2.0, 0.5
DEFAULT_STEP_ROWS = 5.0


@dataclass(frozen=True, slots=True)
class Affected:
    """A node in the scope. `score` 0 … 1; `arrival_s` seconds from the end of the window (negative: moved already),
    between `arrival_earliest_s` and `arrival_latest_s`; `path` from a source, empty where the graph has none."""

    node: str
    unit: str | None
    score: float
    moving: bool
    arrival_s: float
    arrival_earliest_s: float
    arrival_latest_s: float
    path: tuple[str, ...]


def impact(
    window: Window,
    normal: Normal,
    graph: PlantGraph,
    sources: Sequence[str],
    most: int | None = None,
    fault_free_rows: int = 0,
) -> tuple[Affected, ...]:
    """Everything that `sources` (points or units) will reach or that moves already, most affected first."""
    arranged = window.arranged(normal.points)
    recent = arranged.between(max(fault_free_rows, arranged.rows - RECENT_ROWS), arranged.rows)
    shifts = dict(zip(normal.points, shift_from_normal(recent, normal), strict=True))
    z = np.clip(robust_z(arranged, normal), -50, 50)
    start, _ = joint_start(arranged, normal, fault_free_rows)
    begun = onsets_of(z, normal.autocorrelation, start, fault_free_rows)
    moved = dict(zip(normal.points, begun, strict=True))
    reached = graph.downstream(sources)
    barred = set(sources)
    names = [*normal.points, *(name for name in reached if name not in shifts)]
    scores = {name: _score(shifts.get(name), reached.get(name)) for name in names if name not in barred}
    ranked = sorted(scores, key=lambda name: -scores[name])
    step_s = _step_s(window, reached, moved, barred)
    clock = _Clock(window.rows, window.step_s, step_s)
    return tuple(
        _affected(name, scores[name], graph, sources, reached.get(name), moved.get(name), clock)
        for name in ranked[:most]
    )


def shift_from_normal(window: Window, normal: Normal) -> Floats:
    """Kolmogorov–Smirnov distance 0 … 1 of each point's readings in the window to its normal quantiles."""
    values = np.sort(carried_forward(window.values, normal.median), axis=0)
    rows, points = values.shape
    out = np.zeros(points)
    if not rows:
        return out
    level = np.linspace(0, 1, normal.quantiles.shape[1])
    below, upto = np.arange(rows) / rows, np.arange(1, rows + 1) / rows
    for column in range(points):
        quantiles = normal.quantiles[column]
        left, right = _normal_share(values[:, column], quantiles, level)
        out[column] = max(float((left - below).max()), float((upto - right).max()), 0.0)
    return out


def _normal_share(values: Floats, quantiles: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Share of normal readings below, and at or below, each value: they differ where normal repeats a value."""
    inner = np.interp(values, quantiles, level)
    left = np.searchsorted(quantiles, values, "left") / len(quantiles)
    right = np.searchsorted(quantiles, values, "right") / len(quantiles)
    repeats = np.searchsorted(quantiles, values, "right") - np.searchsorted(quantiles, values, "left") > 1
    return np.where(repeats, left, inner), np.where(repeats, right, inner)


def _score(shift: float | None, reach: Reach | None) -> float:
    near = DECAY**reach.steps if reach else 0.0
    if shift is None:
        return near
    return (MOVED_WEIGHT * shift + REACH_WEIGHT * near) / (MOVED_WEIGHT + REACH_WEIGHT)


@dataclass(frozen=True, slots=True)
class _Clock:
    rows: int
    row_s: float
    step_s: float


def _step_s(window: Window, reached: dict[str, Reach], moved: dict[str, Onset | None], sources: set[str]) -> float:
    """Seconds a disturbance took per step so far: median over points that already moved."""
    begun = [onset.row for name in sources if (onset := moved.get(name))]
    if begun:
        paces = [
            (onset.row - min(begun)) / reached[name].steps
            for name, onset in moved.items()
            if onset and name in reached and reached[name].steps > 0 and onset.row > min(begun)
        ]
        if paces:
            return float(np.median(paces)) * window.step_s
    return DEFAULT_STEP_ROWS * window.step_s


def _affected(
    name: str,
    score: float,
    graph: PlantGraph,
    sources: Sequence[str],
    reach: Reach | None,
    onset: Onset | None,
    clock: _Clock,
) -> Affected:
    unit = graph.unit_of(name)
    paths = [path for source in sources if (path := graph.path(source, name))] if reach else []
    path = min(paths, key=len, default=())
    if onset is not None:
        middle, first, last = (
            (row - clock.rows + 1) * clock.row_s for row in (onset.row, onset.earliest, onset.latest)
        )
        return Affected(name, unit, score, True, middle, first, last, path)
    expected = max(reach.delay_s or reach.steps * clock.step_s, 0.0) if reach else clock.step_s * 10
    return Affected(name, unit, score, False, expected, SOONER * expected, LATER * expected, path)
