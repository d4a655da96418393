"""Tracing forward: what a disturbance that enters at some points will reach, when, and how strongly.

A point belongs to the scope as far as it has left its normal distribution by now (Kolmogorov–Smirnov distance) or is
about to (the same of what the learned dynamics lead to: forecast.py); the plant graph says by which way and adds
what nobody measures (reach.py); what switches will do is read from what they did before (switching.py); when, from
delays and the pace seen so far (arrival.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .arrival import Pace, learn_pace
from .deviation import joint_start, robust_z
from .forecast import Forecast, foresee
from .graph import LinkKind, PlantGraph
from .normal import Normal
from .onset import Onset, onsets_of
from .reach import Tree
from .switching import weakened_links
from .window import Floats, Window, carried_forward

RECENT_ROWS = 60
REACH_WEIGHT = 0.05
STEP_ROWS = 5.0  # a step along a link of the usual pace, where no delay is drawn
STEPS_WITHOUT_WAY = 10.0
UNSEEN_ROWS = 4.0  # so long a change goes unseen: a point may have been reached without having been seen to move
DATED_WITHIN_ROWS = 2.0
LEANING = 0.5


@dataclass(frozen=True, slots=True)
class Affected:
    """A node in the scope. `score` 0 … 1; `arrival_s` seconds from the end of the window (negative: moved already),
    between `arrival_earliest_s` and `arrival_latest_s` in four of five cases; `path` from a source, empty where the
    graph has none; `strength` 0 … 1: the share of the disturbance that gets through along it; `by`: the kind of the
    last link; `direction`: +1 it rises or will, −1 it falls or will, 0 unknown."""

    node: str
    unit: str | None
    score: float
    moving: bool
    arrival_s: float
    arrival_earliest_s: float
    arrival_latest_s: float
    path: tuple[str, ...]
    strength: float = 0.0
    by: LinkKind | None = None
    direction: int = 0


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a window says about all points, whatever the source: made once, asked for many sources.

    `start`: row where the deviation began; rows before `fault_free_rows` are known to be normal."""

    window: Window
    normal: Normal
    fault_free_rows: int
    start: int

    @classmethod
    def of(cls, window: Window, normal: Normal, fault_free_rows: int = 0) -> "Outlook":
        """Arrange the window's columns as the normal's and find where the deviation starts."""
        arranged = window.arranged(normal.points)
        return cls(arranged, normal, fault_free_rows, joint_start(arranged, normal, fault_free_rows)[0])

    @cached_property
    def moved(self) -> dict[str, Onset]:
        """Points that have moved, and since when."""
        z = np.clip(robust_z(self.window, self.normal), -50, 50)
        begun = onsets_of(z, self.normal.autocorrelation, self.start, self.fault_free_rows)
        return {name: onset for name, onset in zip(self.normal.points, begun, strict=True) if onset}

    @cached_property
    def forecast(self) -> Forecast | None:
        """Where the plant is going."""
        return foresee(self.window, self.normal, self.start)

    @cached_property
    def shift(self) -> Floats:
        """0 … 1 for each point: how far it has left normal, or is going to, whichever is more."""
        rows = self.window.rows
        now = shift_from_normal(self.window.between(max(self.fault_free_rows, rows - RECENT_ROWS), rows), self.normal)
        if self.forecast is None:
            return now
        ahead = self.forecast.values
        later = shift_from_normal(Window(np.arange(len(ahead), dtype=float), self.normal.points, ahead), self.normal)
        return np.maximum(now, later * self.normal.charted)

    @cached_property
    def leaning(self) -> Floats:
        """−1, 0 or +1 for each point: to which side it is going."""
        if self.forecast is None:
            return np.zeros(len(self.normal.points))
        mean = self.forecast.mean[len(self.forecast.mean) // 2 :].mean(0)
        return np.where(np.abs(mean) > LEANING, np.sign(mean), 0.0)

    @cached_property
    def columns(self) -> dict[str, int]:
        """Column of each point."""
        return {name: column for column, name in enumerate(self.normal.points)}

    def begun(self, graph: PlantGraph, sources: Sequence[str]) -> int | None:
        """Row at which the first of the sources moved, or of a unit's points; None: none has."""
        names = [name for source in sources for name in (source, *graph.members(source))]
        return min((self.moved[name].row for name in names if name in self.moved), default=None)


def impact(
    window: Window,
    normal: Normal,
    graph: PlantGraph,
    sources: Sequence[str],
    most: int | None = None,
    fault_free_rows: int = 0,
) -> tuple[Affected, ...]:
    """Everything that `sources` (points or units) will reach or that moves already, most affected first."""
    return reached_from(Outlook.of(window, normal, fault_free_rows), graph, sources, most)


def reached_from(
    outlook: Outlook, graph: PlantGraph, sources: Sequence[str], most: int | None = None
) -> tuple[Affected, ...]:
    """As `impact`, for a window that was looked at before."""
    moved = [name for name in sources if name in outlook.moved]
    until = max(outlook.start, outlook.fault_free_rows)
    weakened = weakened_links(outlook.window, outlook.normal, graph, sources, moved, until)
    tree = graph.spread(sources, weakened)
    chosen = _ranked(outlook, graph, tree, set(sources))[:most]
    timing = _timing(outlook, graph, tree, sources, [name for name, _ in chosen])
    return tuple(_affected(outlook, graph, tree, *one, times) for one, times in zip(chosen, timing, strict=True))


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


def _ranked(outlook: Outlook, graph: PlantGraph, tree: Tree, barred: set[str]) -> list[tuple[str, float]]:
    """Names with their score, best first: measured points all, other nodes as far as they are reached."""
    points = outlook.normal.points
    numbers = [graph.number(name) for name in points]
    near = np.array([0.0 if number is None else tree.strength[number] for number in numbers])
    # Squared, a small shift, which chance makes as well, weighs little beside a drawn way, and a large one much.
    scores = np.sqrt((outlook.shift**2 + REACH_WEIGHT * near) / (1 + REACH_WEIGHT))
    other = tree.strength.copy()
    other[[number for number in numbers if number is not None]] = 0.0
    blank = np.flatnonzero(other).tolist()
    names = [*points, *(graph.names[number] for number in blank)]
    order = np.argsort(-np.concatenate([scores, other[blank]]), kind="stable")
    together = np.concatenate([scores, other[blank]])
    return [(names[at], float(together[at])) for at in order if names[at] not in barred]


def _timing(
    outlook: Outlook, graph: PlantGraph, tree: Tree, sources: Sequence[str], names: Sequence[str]
) -> list[tuple[float, float, float]]:
    """Earliest, likely and latest arrival of each name, in seconds from the end of the window."""
    row_s, last = outlook.window.step_s, outlook.window.rows - 1
    begun = outlook.begun(graph, sources)
    since_s = 0.0 if begun is None else (last - begun) * row_s
    unseen_s = max(since_s - UNSEEN_ROWS * row_s, 0.0)
    plan = _Plan(graph, tree, STEP_ROWS * row_s)
    pace = _pace(outlook, plan, set(sources), begun, unseen_s)
    planned = np.array([plan.seconds(name) for name in names])
    coming = np.stack(pace.arrivals(planned, np.full(len(names), unseen_s))).T - since_s
    return [
        _seen(onset, last, row_s) if (onset := outlook.moved.get(name)) else (float(e), float(m), float(x))
        for name, (e, m, x) in zip(names, coming, strict=True)
    ]


def _seen(onset: Onset, last: int, row_s: float) -> tuple[float, float, float]:
    return (onset.earliest - last) * row_s, (onset.row - last) * row_s, (onset.latest - last) * row_s


@dataclass(frozen=True, eq=False)
class _Plan:
    """How long it should take by the drawing, a step of unknown delay taking `step_s`."""

    graph: PlantGraph
    tree: Tree
    step_s: float

    def seconds(self, name: str) -> float:
        number = self.graph.number(name)
        if number is None or self.tree.strength[number] <= 0:
            return STEPS_WITHOUT_WAY * self.step_s
        return float(self.tree.delay_s[number] + self.tree.blind[number] * self.step_s)

    def leads_to(self, name: str) -> bool:
        number = self.graph.number(name)
        return number is not None and self.tree.strength[number] > 0 and self.tree.before[number] >= 0

    def blind_share(self, names: Sequence[str]) -> float:
        numbers = [n for name in names if (n := self.graph.number(name)) is not None]
        drawn, blind = self.tree.delay_s[numbers].sum(), self.tree.blind[numbers].sum() * self.step_s
        return float(blind / (drawn + blind)) if drawn + blind > 0 else 1.0


def _pace(outlook: Outlook, plan: _Plan, barred: set[str], begun: int | None, unseen_s: float) -> Pace:
    """Learned from the points that were reached so far, if anything has begun."""
    led_to = [name for name in outlook.normal.points if name not in barred and plan.leads_to(name)]
    here = [] if begun is None else [name for name in led_to if name in outlook.moved]
    away = [] if begun is None else [name for name in led_to if name not in outlook.moved]
    row_s = outlook.window.step_s
    taken = [(outlook.moved[name].row - (begun or 0)) * row_s for name in here]
    return learn_pace(
        np.array([plan.seconds(name) for name in here]),
        np.array(taken, float),
        np.array([plan.seconds(name) for name in away]),
        np.full(len(away), unseen_s),
        plan.blind_share(led_to),
        DATED_WITHIN_ROWS * row_s,
    )


def _affected(
    outlook: Outlook, graph: PlantGraph, tree: Tree, name: str, score: float, times: tuple[float, float, float]
) -> Affected:
    number, onset = graph.number(name), outlook.moved.get(name)
    way = tree.way(number) if number is not None and tree.strength[number] > 0 else []
    earliest, likely, latest = times
    return Affected(
        name,
        graph.unit_of(name),
        score,
        onset is not None,
        likely,
        earliest,
        latest,
        tuple(graph.names[step] for step in way),
        float(tree.strength[number]) if number is not None else 0.0,
        graph.kind_of(int(tree.link[number])) if number is not None else None,
        onset.direction if onset else _direction(outlook, name),
    )


def _direction(outlook: Outlook, name: str) -> int:
    points: Mapping[str, int] = outlook.columns
    return int(outlook.leaning[points[name]]) if name in points else 0
