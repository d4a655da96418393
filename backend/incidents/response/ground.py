"""The ground that a cordon (警戒区) closes, on the floor plan. Pure.

Coordinates are the plan's own units, origin top left; metres only where it is known how wide the plan is.
"""

import enum
from collections.abc import Sequence
from itertools import pairwise

from backend.core.errors import N_, Invalid

Corner = tuple[float, float]

MOST_CORNERS = 40
LEAST_SHARE = 0.0005
"""A polygon smaller than this share of the plan is a slip of the finger."""


class Shape(enum.StrEnum):
    """A circle around the place, or a polygon drawn on the plan."""

    CIRCLE = "circle"
    POLYGON = "polygon"


def in_units(radius_m: float, plan_width_m: float | None, plan_width: float) -> float | None:
    """A radius in the plan's units; None where nobody said how many metres the plan is wide: a
    circle on it would mislead."""
    return radius_m * plan_width / plan_width_m if plan_width_m else None


def read_polygon(typed: str, width: float, height: float) -> list[Corner]:
    """Corners as ``x,y x,y …``. Raises Invalid for what is no ground on a plan of ``width`` × ``height``."""
    refused = Invalid(fields={"polygon": N_("请在图上点出至少三个角")})
    if len(typed) > MOST_CORNERS * 30:
        raise refused
    try:
        corners = [(float(x), float(y)) for x, y in (corner.split(",") for corner in typed.split())]
    except ValueError:
        raise refused from None
    inside = all(0 <= x <= width and 0 <= y <= height for x, y in corners)
    if not 3 <= len(corners) <= MOST_CORNERS or not inside or area_of(corners) < LEAST_SHARE * width * height:
        raise refused
    return corners


def area_of(corners: Sequence[Corner]) -> float:
    """Area by the shoelace formula, in the plan's units squared."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*corners, corners[0]]))) / 2


def middle(corners: Sequence[Corner]) -> Corner | None:
    """The mean of the corners; None of nothing."""
    if not corners:
        return None
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def within_circle(at: Corner, centre: Corner, radius: float) -> bool:
    """Whether a place lies in a circle, its edge counted in."""
    return (at[0] - centre[0]) ** 2 + (at[1] - centre[1]) ** 2 <= radius**2


def within_polygon(at: Corner, corners: Sequence[Corner]) -> bool:
    """Whether a place lies in a polygon: a ray from it to the right crosses an odd number of edges."""
    x, y = at
    crossed = False
    for (ax, ay), (bx, by) in pairwise([*corners, corners[0]]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            crossed = not crossed
    return crossed
