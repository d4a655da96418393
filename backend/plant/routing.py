"""Pipes between boxes on a floor plan: orthogonal, round the boxes, with few bends and few shared lanes. Pure.

Boxes leave lanes between them; a pipe is the cheapest way along these lanes, where a bend costs as much as
a detour of half a box and a lane that another pipe already uses costs more. A* on the lanes' crossings (Hart,
Nilsson and Raphael 1968).
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

TURN_COST = 30.0
SHARED_COST = 6.0
"""Times the length of the shared piece."""
MARGIN = 4.0
MOST_LANES = 150
"""Lanes nearer to each other than such a part of the plan are one, but for those through the boxes' centres: where
marks stand freely each edge would make lanes of its own, and the search grows with their square."""
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
        self._lengths = [[after - before for before, after in itertools.pairwise(one)] for one in (self._xs, self._ys)]
        self._across = (_held(boxes, _between(self._xs), self._ys), _held(boxes, self._xs, _between(self._ys)))

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
        others = ~sum(1 << number for number in own)
        best: dict[_State, float] = {(start, 0): 0.0, (start, 1): 0.0}
        came: dict[_State, _State] = {}
        at_least = self._at_least(goal)
        # What is dearer to go on from comes later; of two alike the one that is further on its way.
        queue = [(at_least[0][start[0]] + at_least[1][start[1]], 0.0, (start, along)) for along in (0, 1)]
        while queue:
            _, negative, state = heapq.heappop(queue)
            if state[0] == goal:
                return came, state
            if -negative > best[state]:
                continue
            for following, price in self._steps(state, others):
                cost = price - negative
                if cost < best.get(following, math.inf):
                    best[following] = cost
                    came[following] = state
                    i, j = following[0]
                    heapq.heappush(queue, (cost + at_least[0][i] + at_least[1][j], -cost, following))
        return came, None

    def _at_least(self, goal: _Node) -> tuple[list[float], list[float]]:
        """How far each lane of an axis is from the goal: no pipe costs less than its length."""
        x, y = self._xs[goal[0]], self._ys[goal[1]]
        return [abs(one - x) for one in self._xs], [abs(one - y) for one in self._ys]

    def _steps(self, state: _State, others: int) -> Iterator[tuple[_State, float]]:
        (i, j), direction = state
        taken = self._taken
        for along, at, most in ((0, i, len(self._xs) - 1), (1, j, len(self._ys) - 1)):
            turn = TURN_COST if along != direction else 0.0
            for step in (1, -1):
                if not 0 <= at + step <= most:
                    continue
                piece = at if step > 0 else at - 1
                held = self._across[0][piece][j] if along == 0 else self._across[1][i][piece]
                if held & others:
                    continue
                node = (at + step, j) if along == 0 else (i, at + step)
                length = self._lengths[along][piece]
                shared = SHARED_COST * length if ((i, j), node) in taken else 0.0
                yield (node, along), length + turn + shared


def _between(lines: Sequence[float]) -> list[float]:
    """The middle of each piece of an axis."""
    return [(before + after) / 2 for before, after in itertools.pairwise(lines)]


def _held(boxes: Sequence[Box], xs: Sequence[float], ys: Sequence[float]) -> list[list[int]]:
    """Which boxes hold each point of a grid, a bit a box: found once, as every pipe asks for it again and again."""
    found = [[0] * len(ys) for _ in xs]
    for number, box in enumerate(boxes):
        across = [i for i, x in enumerate(xs) if box.holds(x, box.y, 1.0)]
        along = [j for j, y in enumerate(ys) if box.holds(box.x, y, 1.0)]
        for i, j in itertools.product(across, along):
            found[i][j] |= 1 << number
    return found


def _lines(spans: Iterable[tuple[float, float]], most: float) -> list[float]:
    """Coordinates of lanes along one axis: through centres, beside edges, and in the middle of the gaps."""
    spans = sorted(set(spans))
    lines = {centre for centre, _ in spans}
    edges = sorted({edge for centre, size in spans for edge in (centre - size / 2, centre + size / 2)})
    for edge in edges:
        lines |= {edge - MARGIN, edge + MARGIN}
    for before, after in itertools.pairwise(edges):
        lines.add((before + after) / 2)
    centres, apart = {centre for centre, _ in spans}, min(most / MOST_LANES, MARGIN)
    kept: list[float] = []
    for line in sorted({round(line, 2) for line in lines if 0 <= line <= most} | centres):
        if kept and line - kept[-1] < apart:
            if line not in centres:
                continue
            if kept[-1] not in centres:
                kept.pop()
        kept.append(line)
    return kept


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
