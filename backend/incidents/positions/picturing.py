"""Where people are drawn: on the floor plan, or, where it can't be laid onto the earth, on a sketch. Pure.

A sketch has north up and rings of distance around the incident's place.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from backend.checkins.position import Fence, Position, distance_m
from backend.incidents.positions.laying import Laid, metres
from backend.incidents.positions.whereabouts import Known, Place
from backend.plant.drawing import Drawing, PlacedArea

SKETCH = 400.0
"""Width and height of the sketch in its own units."""
NEAR_M = 50.0
"""So near a place's fence somebody is said to be near it."""
NEAREST_M = 50.0
"""The sketch reaches so far at least."""
_BESIDE = 4
"""So many people stand side by side at one place; further ones below."""

_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Spot:
    """A mark: its centre, and how far it may be wrong (0: it is at the place), in the sheet's units."""

    x: float
    y: float
    radius: float = 0.0


class Sheet(Protocol):
    """Something people are drawn on; ``text_size`` in its units."""

    @property
    def text_size(self) -> float:
        """Height of its letters, after which marks are sized."""

    def spot(self, known: Known) -> Spot | None:
        """Where somebody is drawn; None where that isn't known or lies outside."""


@dataclass(frozen=True)
class PlanSheet:
    """The floor plan; ``laid`` None: only places have a mark on it."""

    drawing: Drawing
    laid: Laid | None

    @property
    def text_size(self) -> float:
        """The plan's own."""
        return self.drawing.text_size

    def spot(self, known: Known) -> Spot | None:
        """A place's mark (below its name, so that it stays readable), or where the position lies on the plan."""
        if known.position is not None and self.laid is not None:
            x, y = self.laid.on_plan(known.position)
            inside = 0 <= x <= self.drawing.width and 0 <= y <= self.drawing.height
            return Spot(x, y, known.position.accuracy_m * self.laid.units_per_metre) if inside else None
        at = place_on(self.drawing, known.place) if known.place else None
        return Spot(*at) if at else None


@dataclass(frozen=True)
class Ring:
    """A ring of the sketch: its radius in metres and in the sketch's units."""

    metres: float
    units: float


@dataclass(frozen=True)
class Sketch:
    """The surroundings of ``centre``, north up. ``of_place``: the centre is where the incident is, not the site's."""

    centre: Fence
    reach_m: float
    of_place: bool
    places: Sequence[tuple[Place, Fence]] = ()
    text_size: float = SKETCH * 0.0375

    @property
    def units_per_metre(self) -> float:
        """Scale: the outermost ring stays within the frame."""
        return SKETCH * 0.46 / self.reach_m

    @property
    def rings(self) -> list[Ring]:
        """Two to five, at round distances."""
        step = _round_step(self.reach_m)
        return [Ring(n * step, n * step * self.units_per_metre) for n in range(1, int(self.reach_m / step + 1e-9) + 1)]

    @property
    def drawn_places(self) -> list[tuple[Place, Spot]]:
        """Places within its reach."""
        return [(place, spot) for place, fence in self.places if (spot := self._at(fence, 0.0))]

    def spot(self, known: Known) -> Spot | None:
        """Where the position lies, or the place where its fence is known."""
        if known.position is not None:
            return self._at(known.position, known.position.accuracy_m)
        fence = next((fence for place, fence in self.places if place == known.place), None)
        return self._at(fence, 0.0) if fence else None

    def _at(self, where: Position | Fence, accuracy_m: float) -> Spot | None:
        z = metres(where, self.centre) * self.units_per_metre
        x, y = SKETCH / 2 + z.real, SKETCH / 2 - z.imag
        return Spot(x, y, accuracy_m * self.units_per_metre) if 0 <= x <= SKETCH and 0 <= y <= SKETCH else None


def sketch_of(
    centre: Fence, of_place: bool, places: Sequence[tuple[Place, Fence]], positions: Iterable[Position]
) -> Sketch:
    """A sketch that reaches as far as the positions lie, and as the places that are near."""
    far = [distance_m(one, centre) for one in positions]
    near = [away for _, fence in places if (away := distance_m(fence, centre)) <= 1000]
    return Sketch(centre, max([NEAREST_M, *far, *near]) * 1.05, of_place, places)


def place_on(drawing: Drawing, place: Place) -> tuple[float, float] | None:
    """Where a place is on the plan: below the mark of equipment, in the middle of an area's corners."""
    mark = next((one for one in drawing.equipment if one.id == place.equipment_id), None)
    if mark:
        return mark.x, mark.y + drawing.mark_height / 2
    area = next((one for one in drawing.areas if one.id == place.area_id and one.polygon), None)
    if area is None:
        return None
    xs, ys = zip(*area.polygon, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def placed(sheet: Sheet | None, known: Mapping[_Key, Known]) -> dict[_Key, Spot]:
    """A mark for each whose place is on the sheet; of several at one spot the further ones stand beside the first."""
    if sheet is None:
        return {}
    taken: Counter[tuple[int, int]] = Counter()
    apart, found = sheet.text_size * 1.7, {}
    for key, one in known.items():
        spot = sheet.spot(one)
        if spot is None:
            continue
        cell = (round(spot.x / apart), round(spot.y / apart))
        row, column = divmod(taken[cell], _BESIDE)
        taken[cell] += 1
        found[key] = Spot(spot.x + column * apart, spot.y + row * apart, spot.radius)
    return found


def near_place(
    position: Position, plans: Iterable[tuple[Drawing, Laid]], places: Sequence[tuple[Place, Fence]]
) -> Place | None:
    """The area in which a position lies, where it is on one of ``plans`` alone: a phone can't tell one floor from the
    one above it. Else the nearest place with a fence within ``NEAR_M`` of it."""
    areas = [area for drawing, laid in plans if (area := _area_at(drawing, laid.on_plan(position)))]
    if len(areas) == 1:
        return Place(areas[0].name, areas[0].name_en, area_id=areas[0].id)
    near = [(distance_m(position, fence) - fence.radius_m, place) for place, fence in places]
    away, place = min(near, key=lambda one: one[0], default=(math.inf, None))
    return place if away <= NEAR_M else None


def _area_at(drawing: Drawing, at: tuple[float, float]) -> PlacedArea | None:
    return next((one for one in drawing.areas if one.polygon and _inside(at, one.polygon)), None)


def _inside(at: tuple[float, float], polygon: Sequence[tuple[float, float]]) -> bool:
    """By how often a ray to the right crosses the outline."""
    x, y = at
    crossed = False
    for (x_1, y_1), (x_2, y_2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y_1 > y) != (y_2 > y) and x < (x_2 - x_1) * (y - y_1) / (y_2 - y_1) + x_1:
            crossed = not crossed
    return crossed


def _round_step(reach_m: float) -> float:
    """1, 2 or 5 times a power of ten, so that two to five rings fit."""
    base = 10 ** math.floor(math.log10(reach_m / 2))
    return float(next(base * n for n in (5, 2, 1) if base * n <= reach_m / 2))
