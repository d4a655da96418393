"""A floor plan to begin with, before anybody has drawn one: areas under each other, machines side by side. Pure.

A mark takes 21 % × 11 % of the plan's width (docs/starter-packs.md), so that four stand in a row on a phone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH = 100.0
_IN_A_ROW = 4
_CELL_W, _CELL_H = 24.0, 16.0
_MARGIN, _HEAD, _GAP = 2.0, 9.5, 3.0
"""Into the head go an area's name and, when something is wrong there, its level."""


@dataclass(frozen=True)
class Sketch:
    """``polygons`` of areas and ``marks`` of machines by code, in the plan's own units, from the top left."""

    width: float
    height: float
    polygons: Mapping[str, list[list[float]]]
    marks: Mapping[str, tuple[float, float]]


def sketch(areas: Mapping[str, Sequence[str]]) -> Sketch:
    """The plan of ``areas``: the code of each with the codes of its machines, both in order."""
    polygons: dict[str, list[list[float]]] = {}
    marks: dict[str, tuple[float, float]] = {}
    top = _GAP
    for area, machines in areas.items():
        rows = max(1, -(-len(machines) // _IN_A_ROW))
        bottom = top + _HEAD + rows * _CELL_H
        left, right = _MARGIN, WIDTH - _MARGIN
        polygons[area] = [[left, top], [right, top], [right, bottom], [left, bottom]]
        for place, machine in enumerate(machines):
            row, column = divmod(place, _IN_A_ROW)
            marks[machine] = (_MARGIN + (column + 0.5) * _CELL_W, top + _HEAD + (row + 0.5) * _CELL_H)
        top = bottom + _GAP
    return Sketch(WIDTH, max(top, WIDTH / 2), polygons, marks)
