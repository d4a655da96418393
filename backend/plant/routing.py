"""Pipes between boxes on a floor plan: orthogonal, round the boxes, with few bends and few shared lanes. Pure.

Boxes leave lanes between them; a pipe is the cheapest way along these lanes, where a bend costs as much as
a detour of half a box and a lane that another pipe already uses costs more. Dijkstra on the lanes' crossings.
"""

import heapq
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TURN_COST = 30.0
SHARED_COST = 6.0
"""Times the length of the shared piece."""
MARGIN = 4.0
_Node = tuple[int, int]
_State = tuple[_Node, int]
"""Crossing, and whether it was reached along x (0) or y (1)."""


class Box(NamedTuple):
    """A rectangle by its centre and size, in the plan's units."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float, margin: float = 0.0) -> bool:
        """Whether (x, y) lies inside, ``margin`` round it included."""
        return abs(x - self.x) < self.width / 2 + margin and abs(y - self.y) < self.height / 2 + margin


Pipe = tuple[tuple[float, float], ...]
"""Corners from the edge of the source box to the edge of the target box."""


def route(boxes: Sequence[Box], ends: Sequence[tuple[int, int]], width: float, height: float) -> list[Pipe]:
    """One pipe for each pair of indices into ``boxes``; short ones are laid first, the order is kept."""
    lanes = _Lanes(boxes, width, height)
    laid: dict[int, Pipe] = {}
    for number in sorted(range(len(ends)), key=lambda n: _distance(boxes[ends[n][0]], boxes[ends[n][1]])):
        source, target = ends[number]
        laid[number] = lanes.lay(source, target)
    return [laid[number] for number in range(len(ends))]


def _distance(a: Box, b: Box) -> float:
    return abs(a.x - b.x) + abs(a.y - b.y)


class _Lanes:
    """The crossings that pipes may use, and which pieces are taken."""

    def __init__(self, boxes: Sequence[Box], width: float, height: float) -> None:
        self._boxes = boxes
        self._xs = _lines(((b.x, b.width) for b in boxes), width)
        self._ys = _lines(((b.y, b.height) for b in boxes), height)
        self._taken: set[tuple[_Node, _Node]] = set()

    def lay(self, source: int, target: int) -> Pipe:
        """The cheapest pipe from box to box; straight through what is in the way when there is none."""
        start, goal = self._centre(source), self._centre(target)
        came, last = self._search(start, goal, {source, target})
        if last is None:
            nodes = [start, goal]
        else:
            nodes = _walk(came, last)
            self._taken |= {edge for a, b in itertools.pairwise(nodes) for edge in ((a, b), (b, a))}
        corners = _corners([(self._xs[i], self._ys[j]) for i, j in nodes])
        return _clipped(corners, self._boxes[source], self._boxes[target])

    def _centre(self, box: int) -> _Node:
        return self._xs.index(self._boxes[box].x), self._ys.index(self._boxes[box].y)

    def _search(self, start: _Node, goal: _Node, own: set[int]) -> tuple[dict[_State, _State], _State | None]:
        best: dict[_State, float] = {(start, 0): 0.0, (start, 1): 0.0}
        came: dict[_State, _State] = {}
        queue = [(0.0, (start, 0)), (0.0, (start, 1))]
        while queue:
            cost, state = heapq.heappop(queue)
            if state[0] == goal:
                return came, state
            if cost > best[state]:
                continue
            for following, price in self._steps(state, own):
                if cost + price < best.get(following, float("inf")):
                    best[following] = cost + price
                    came[following] = state
                    heapq.heappush(queue, (cost + price, following))
        return came, None

    def _steps(self, state: _State, own: set[int]) -> Iterable[tuple[_State, float]]:
        (i, j), direction = state
        for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            node = (i + di, j + dj)
            if not (0 <= node[0] < len(self._xs) and 0 <= node[1] < len(self._ys)):
                continue
            if self._blocked((i, j), node, own):
                continue
            length = abs(self._xs[node[0]] - self._xs[i]) + abs(self._ys[node[1]] - self._ys[j])
            along = 0 if di else 1
            price = length + (TURN_COST if along != direction else 0.0)
            yield (node, along), price + (SHARED_COST * length if ((i, j), node) in self._taken else 0.0)

    def _blocked(self, a: _Node, b: _Node, own: set[int]) -> bool:
        x, y = (self._xs[a[0]] + self._xs[b[0]]) / 2, (self._ys[a[1]] + self._ys[b[1]]) / 2
        return any(box.holds(x, y, 1.0) for number, box in enumerate(self._boxes) if number not in own)


def _lines(spans: Iterable[tuple[float, float]], most: float) -> list[float]:
    """Coordinates of lanes along one axis: through centres, beside edges, and in the middle of the gaps."""
    spans = sorted(set(spans))
    lines = {centre for centre, _ in spans}
    edges = sorted({edge for centre, size in spans for edge in (centre - size / 2, centre + size / 2)})
    for edge in edges:
        lines |= {edge - MARGIN, edge + MARGIN}
    for before, after in itertools.pairwise(edges):
        lines.add((before + after) / 2)
    return sorted({round(line, 2) for line in lines if 0 <= line <= most} | {centre for centre, _ in spans})


def _walk(came: dict[_State, _State], last: _State) -> list[_Node]:
    states = [last]
    while states[-1] in came:
        states.append(came[states[-1]])
    return [node for node, _ in reversed(states)]


def _corners(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """``line`` without the corners at which it goes straight on."""
    kept = line[:1]
    for before, here, after in zip(line, line[1:], line[2:], strict=False):
        straight = (before[0] == here[0] == after[0]) or (before[1] == here[1] == after[1])
        if not straight:
            kept.append(here)
    return kept + line[-1:]


def _clipped(corners: list[tuple[float, float]], source: Box, target: Box) -> Pipe:
    """``corners`` from the edge of ``source`` to the edge of ``target``."""
    first = max((i for i, (x, y) in enumerate(corners[:-1]) if source.holds(x, y)), default=0)
    line = corners[first:]
    end = next((i for i, (x, y) in enumerate(line) if i and target.holds(x, y)), len(line) - 1)
    line = line[: end + 1]
    line[0] = _edge(line[0], line[1], source)
    line[-1] = _edge(line[-1], line[-2], target)
    return tuple(line)


def _edge(inside: tuple[float, float], outside: tuple[float, float], box: Box) -> tuple[float, float]:
    """Where the piece from ``inside`` to ``outside`` leaves ``box``."""
    dx, dy = outside[0] - inside[0], outside[1] - inside[1]
    reach = [1.0]
    if dx:
        reach.append((box.x + (box.width / 2 if dx > 0 else -box.width / 2) - inside[0]) / dx)
    if dy:
        reach.append((box.y + (box.height / 2 if dy > 0 else -box.height / 2) - inside[1]) / dy)
    share = min(part for part in reach if part >= 0)
    return round(inside[0] + dx * share, 2), round(inside[1] + dy * share, 2)
