"""The floor plan as shapes ready to be drawn: areas, equipment marks, pipes with their direction. Pure.

One drawing for every page: what is coloured on it (alarms, a path, a scope) is laid over it by the template
``plant/plan.html``. Coordinates are the plan's own units, origin top left.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from backend.plant.routing import Box, Pipe, route

MARK_WIDTH, MARK_HEIGHT, TEXT_SIZE = 0.21, 0.11, 0.0375
"""Sizes as shares of the plan's width: so that five Chinese characters fit into a mark and four marks side by side."""
DOT = 0.024
"""Side of a mark on a crowded plan, as a share of its width: a dot, named where it matters."""
CROWDED = 0.1
"""From this share of marks that hide another's name a plan is crowded."""
MOST_ROUTED = 60
"""Beyond so many marks there is no room to route between: pipes are straight."""


@dataclass(frozen=True)
class PlacedArea:
    """An area with its polygon."""

    id: int
    code: str
    name: str
    name_en: str
    polygon: tuple[tuple[float, float], ...]

    @property
    def points(self) -> str:
        """For SVG's ``points``."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.polygon)

    @property
    def corner(self) -> tuple[float, float]:
        """Top left, where its name is written."""
        return min(x for x, _ in self.polygon), min(y for _, y in self.polygon)


@dataclass(frozen=True)
class PlacedEquipment:
    """Equipment with its mark's centre."""

    id: int
    code: str
    name: str
    name_en: str
    area_id: int | None
    x: float
    y: float


@dataclass(frozen=True)
class Flow:
    """Something flows from equipment to equipment."""

    source_id: int
    target_id: int
    kind: str


@dataclass(frozen=True)
class Way:
    """A link of equipment on this plan with equipment on another; ``out``: something leaves this one."""

    mark_id: int
    out: bool
    kind: str
    other_id: int
    name: str
    name_en: str
    """Of the equipment there."""
    plan_id: int
    plan_name: str
    plan_name_en: str


@dataclass(frozen=True)
class Door:
    """What a mark says of all its ways to one other plan."""

    plan_name: str
    plan_name_en: str
    arrow: str
    others: frozenset[int]
    """Equipment there."""


@dataclass(frozen=True)
class DrawnPipe:
    """A pipe; ``both`` when something flows back too."""

    source_id: int
    target_id: int
    kind: str
    corners: Pipe
    both: bool = False

    @property
    def path(self) -> str:
        """For SVG's ``d``."""
        return "M" + " L".join(f"{x:g} {y:g}" for x, y in self.corners)


@dataclass(frozen=True)
class Drawing:
    """A whole floor plan."""

    width: float
    height: float
    areas: tuple[PlacedArea, ...]
    equipment: tuple[PlacedEquipment, ...]
    pipes: tuple[DrawnPipe, ...]
    width_m: float | None = None
    """How many metres it is wide, where that is known."""
    id: int | None = None
    name: str = ""
    name_en: str = ""
    picture: str = ""
    """The address of the picture under it; "" without."""
    ways: tuple[Way, ...] = ()
    """To other plans."""
    crowded: bool = False
    """Marks with names would hide each other: they are dots, and only those are named that something is said of."""

    @property
    def mark_width(self) -> float:
        """Width of an equipment mark with its name."""
        return self.width * MARK_WIDTH

    @property
    def mark_height(self) -> float:
        """Height of an equipment mark with its name."""
        return self.width * MARK_HEIGHT

    @property
    def dot(self) -> float:
        """Side of a mark on a crowded plan."""
        return self.width * DOT

    @property
    def text_size(self) -> float:
        """Height of the text on it."""
        return self.width * TEXT_SIZE

    @cached_property
    def doors(self) -> dict[int, list[Door]]:
        """By equipment: where to it has ways, each plan once."""
        found: dict[int, dict[int, list[Way]]] = {}
        for way in self.ways:
            found.setdefault(way.mark_id, {}).setdefault(way.plan_id, []).append(way)
        return {mark: [_door(some) for some in plans.values()] for mark, plans in found.items()}

    def pipes_along(self, path: Sequence[int]) -> list[DrawnPipe]:
        """The pipes that join equipment ids standing next to each other in ``path``, in its order."""
        found = []
        for a, b in itertools.pairwise(path):
            found += [p for p in self.pipes if {p.source_id, p.target_id} == {a, b}]
        return found


def _door(some: Sequence[Way]) -> Door:
    directions = {way.out for way in some}
    arrow = "↕" if len(directions) == 2 else "↗" if True in directions else "↙"
    return Door(some[0].plan_name, some[0].plan_name_en, arrow, frozenset(way.other_id for way in some))


@lru_cache(maxsize=64)
def draw(
    width: float,
    height: float,
    areas: tuple[PlacedArea, ...],
    equipment: tuple[PlacedEquipment, ...],
    flows: tuple[Flow, ...],
) -> Drawing:
    """Lay the pipes. Kept in memory: a plan changes rarely and routing one takes tens of milliseconds."""
    place = {e.id: index for index, e in enumerate(equipment)}
    dots = hidden(equipment, width * MARK_WIDTH, width * MARK_HEIGHT) > CROWDED * len(equipment)
    across, high = (width * DOT, width * DOT) if dots else (width * MARK_WIDTH, width * MARK_HEIGHT)
    boxes = [Box(e.x, e.y, across, high) for e in equipment]
    joined = _joined([f for f in flows if f.source_id in place and f.target_id in place])
    ends = [(place[flow.source_id], place[flow.target_id]) for flow, _ in joined]
    if len(boxes) <= MOST_ROUTED:
        pipes = route(boxes, ends, width, height)
    else:
        pipes = [((boxes[a].x, boxes[a].y), (boxes[b].x, boxes[b].y)) for a, b in ends]
    drawn = [
        DrawnPipe(flow.source_id, flow.target_id, flow.kind, corners, both)
        for (flow, both), corners in zip(joined, pipes, strict=True)
    ]
    return Drawing(width, height, areas, equipment, tuple(drawn), crowded=dots)


def hidden(equipment: Sequence[PlacedEquipment], across: float, high: float) -> int:
    """How many have their centre under another mark of that size, both in the plan's units."""
    under: set[int] = set()
    near: list[PlacedEquipment] = []
    for one in sorted(equipment, key=lambda e: e.x):
        near = [each for each in near if one.x - each.x < across / 2]
        for each in near:
            if abs(one.y - each.y) < high / 2:
                under |= {one.id, each.id}
        near.append(one)
    return len(under)


def _joined(flows: Sequence[Flow]) -> list[tuple[Flow, bool]]:
    """Each pair of equipment once, with whether something flows both ways."""
    first: dict[frozenset[int], Flow] = {}
    both: set[frozenset[int]] = set()
    for flow in flows:
        pair = frozenset((flow.source_id, flow.target_id))
        if len(pair) == 2 and first.setdefault(pair, flow).source_id != flow.source_id:
            both.add(pair)
    return [(flow, pair in both) for pair, flow in first.items()]
