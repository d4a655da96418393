"""Causes of plant alarms among points with few values: switches, limit contacts, commands.

Three marks of a cause: it changed shortly before the alarm; its value then had never been seen (or not that long)
in normal work; it disagrees with its graph parents longer than it ever did (a position that doesn't follow its
command). Sources: causRCA (Zenodo 10.5281/zenodo.15876410) for recency to the alarm's parents; dwell times of
joint states as in timed-automaton diagnosis (Maier, IJCAI 2014).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .graph import PlantGraph
from .normal import Normal
from .window import Floats, Window, carried_forward

RECENT_ROWS = 20.0
FAR_STEP = 0.25
CLEAR_MARK = 3.0  # marks of a third and more count fully


@dataclass(frozen=True, eq=False)
class EventEvidence:
    """`score` per point of the normal, 0 … 1 (best candidate of each alarm near 1); `alarms`: those that speak,
    with the row of their activation."""

    score: Floats
    alarms: tuple[tuple[str, int], ...]


def event_evidence(
    window: Window, normal: Normal, graph: PlantGraph, alarm_columns: Sequence[str], fault_free_rows: int
) -> EventEvidence:
    """Weigh every point as cause of the alarms that are active at the end (else: that were active at all)."""
    values = carried_forward(window.values, normal.median)
    place = {name: column for column, name in enumerate(normal.points)}
    active = _activations(values, normal, [place[a] for a in alarm_columns if a in place], fault_free_rows)
    score = np.zeros(len(normal.points))
    if not active:
        return EventEvidence(score, ())
    strangeness = Strangeness(values, normal, graph, max(fault_free_rows, 1))
    barred = set(alarm_columns)
    for alarm, row in active:
        links = _links_to(graph, normal.points[alarm], normal.points)
        marks = np.array(
            [
                0.0 if name in barred else links[column] * strangeness.at(column, row)
                for column, name in enumerate(normal.points)
            ]
        )
        if marks.max() > 0:
            score = np.maximum(score, marks / marks.max() * min(1.0, CLEAR_MARK * marks.max()))
    return EventEvidence(score, tuple((normal.points[alarm], row) for alarm, row in active))


def _activations(values: Floats, normal: Normal, columns: Sequence[int], start: int) -> list[tuple[int, int]]:
    """(column, row of the last activation) of alarms standing at the end, else of those that stood since `start`."""
    standing: list[tuple[int, int]] = []
    passed: list[tuple[int, int]] = []
    for column in columns:
        on = values[start:, column] > normal.median[column] + 0.5
        if not on.any():
            continue
        begins = np.flatnonzero(on & ~np.append(False, on[:-1]))
        (standing if on[-1] else passed).append((column, start + int(begins[-1])))
    return standing or passed


def _links_to(graph: PlantGraph, alarm: str, points: Sequence[str]) -> Floats:
    """1 for parents of the alarm, less with every step further away; 1 for all where the graph doesn't know it."""
    parents = set(graph.parents(alarm))
    if not parents:
        return np.ones(len(points))
    reach = graph.upstream([alarm])
    steps = [1.0 if name in parents else reach[name].steps if name in reach else 6.0 for name in points]
    return np.asarray(FAR_STEP ** (np.minimum(np.array(steps), 6.0) - 1))


class Strangeness:
    """How strange a point's state is at a row, against the fault-free rows before."""

    def __init__(self, values: Floats, normal: Normal, graph: PlantGraph, fault_free_rows: int) -> None:
        self._values, self._normal, self._free = values, normal, fault_free_rows
        place = {name: column for column, name in enumerate(normal.points)}
        self._parents: Mapping[int, list[int]] = {
            column: [place[p] for p in graph.parents(name) if p in place and normal.discrete[place[p]] > 0]
            for column, name in enumerate(normal.points)
        }

    def at(self, column: int, row: int) -> float:
        """0 (as ever) … about 1.6 (new value, just changed)."""
        series = self._values[: row + 1, column]
        changes = np.flatnonzero(series[1:] != series[:-1]) + 1
        recency = float(np.exp(-(row - changes[-1]) / RECENT_ROWS)) if len(changes) else 0.0
        new = self._unseen(column, row)
        disagreement = max((self._disagreement(column, parent, row) for parent in self._parents[column]), default=0.0)
        # A counter shows a new value in every row: only a rare change tells something.
        rarity = 1 / max(len(changes), 1)
        return 0.1 * recency * rarity + max(new * (0.5 + recency) * rarity, disagreement)

    def _unseen(self, column: int, row: int) -> float:
        value, quantiles = self._values[row, column], self._normal.quantiles[column]
        if self._normal.discrete[column] > 0:
            return 0.0 if np.any(self._values[: self._free, column] == value) else 1.0
        span = max(quantiles[-1] - quantiles[0], 1e-9)
        outside = max(quantiles[0] - value, value - quantiles[-1], 0.0) / span
        return float(min(outside, 1.0))

    def _disagreement(self, column: int, parent: int, row: int) -> float:
        """How much longer the point has stood in this state against its parent's than in normal work."""
        if self._normal.discrete[column] <= 0:
            return 0.0
        same = (self._values[:, column] == self._values[row, column]) & (
            self._values[:, parent] == self._values[row, parent]
        )
        lasted = _run_ending(same, row)
        longest = _longest_run(same[: self._free])
        return float(np.clip((lasted - 2 * longest - 1) / 4.0, 0.0, 1.0)) if lasted else 0.0


def _run_ending(mask: np.ndarray, row: int) -> int:
    broken = np.flatnonzero(~mask[: row + 1])
    return row - (int(broken[-1]) if len(broken) else -1)


def _longest_run(mask: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
