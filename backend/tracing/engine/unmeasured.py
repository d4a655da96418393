"""Units without readings as root causes: what nobody measures can still be where it began.

Such a unit is judged by the measured points that come first downstream of it. If they all move at once, the unit
explains with one fault what else takes several; if only one of many does, that point is the likelier root. So its
evidence is that of the likeliest of them, with the logarithms of the share and the number that move, less what
speaks against guessing.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .graph import NodeKind, PlantGraph
from .window import Floats

GUESS = 0.8  # score against a unit that nobody measures: it takes three points that move at once to outweigh it


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A unit, its log evidence, and the measured points (columns) that speak for it."""

    unit: str
    score: float
    columns: tuple[int, ...]


def unmeasured_units(
    graph: PlantGraph,
    points: Sequence[str],
    score: Floats,
    moved: Floats,
    barred: NDArray[np.bool_],
) -> list[Unmeasured]:
    """Every unit without readings that leads to measured points, by the evidence of these.

    `moved`: by how many spreads each point went early."""
    place = {name: column for column, name in enumerate(points) if not barred[column]}
    measured = set(points)
    out = []
    for node in graph.nodes():
        if node.kind is not NodeKind.UNIT or node.id in measured or any(m in measured for m in graph.members(node.id)):
            continue
        columns = _first_below(graph, node.id, measured, place)
        if columns:
            out.append(Unmeasured(node.id, _evidence(score[columns], moved[columns]), tuple(columns)))
    return out


def _first_below(graph: PlantGraph, unit: str, measured: set[str], place: Mapping[str, int]) -> list[int]:
    found: dict[int, None] = {}
    seen = {unit}
    queue = deque(graph.children(unit))
    while queue:
        name = queue.popleft()
        if name in seen:
            continue
        seen.add(name)
        here = [m for m in (name, *graph.members(name)) if m in measured]
        found.update(dict.fromkeys(place[m] for m in here if m in place))
        if not here:
            queue.extend(graph.children(name))
    return list(found)


def _evidence(score: Floats, moved: Floats) -> float:
    moving = np.clip((moved - 1) / 2, 1e-3, 1.0)  # 1 is what a point does in normal work, 3 is clear
    return float(score.max() + np.log(moving.mean()) + np.log(max(moving.sum(), 1.0))) - GUESS
