"""What may be drawn on a floor plan: polygons of areas and marks of equipment. Pure.

Coordinates are the plan's own units, origin top left.
"""

import math
import re
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

from backend.core.errors import N_, Invalid

Corner = tuple[float, float]

MOST_CORNERS = 60
LEAST_SHARE = 0.0005
"""A polygon smaller than this share of the plan is a slip of the finger."""
_CORNER = re.compile(r"^\s*[(\[]?\s*(-?\d{1,7}(?:\.\d{1,6})?)\s*[,，\s]\s*(-?\d{1,7}(?:\.\d{1,6})?)\s*[)\]]?\s*$")


def read_corners(typed: str) -> list[Corner]:
    """Corners as people edit them, ``x, y`` a line. Raises Invalid with the number of the line that is no place."""
    lines = [line for line in typed.replace(";", "\n").replace("；", "\n").splitlines() if line.strip()]
    if len(lines) > MOST_CORNERS:
        raise Invalid(fields={"corners": N_("一个区域最多 %(most)s 个角")}, most=MOST_CORNERS)
    corners = []
    for number, line in enumerate(lines, 1):
        found = _CORNER.match(line)
        if found is None:
            raise Invalid(fields={"corners": N_("第 %(line)s 行：应是两个数，例如 120, 80")}, line=number)
        corners.append((float(found[1]), float(found[2])))
    return corners


def check_polygon(corners: Sequence[Corner], width: float, height: float) -> None:
    """Whether ``corners`` bound ground on a plan of ``width`` × ``height``: at least three, all on it, edges that don't
    cross, not tiny. Raises Invalid beside the field ``corners``."""
    if len(corners) < 3:
        raise _refused(N_("请在图上点出至少三个角"))
    for number, (x, y) in enumerate(corners, 1):
        if not (0 <= x <= width and 0 <= y <= height):
            words = N_("第 %(line)s 个角在平面图外面：横 0 到 %(width)s，竖 0 到 %(height)s")
            raise _refused(words, line=number, width=f"{width:g}", height=f"{height:g}")
    if not is_simple(corners):
        raise _refused(N_("边线交叉了：请把角按绕一圈的顺序排"))
    if area_of(corners) < LEAST_SHARE * width * height:
        raise _refused(N_("区域太小，看不清也点不到，请画大一些"))


def check_place(x: float, y: float, width: float, height: float) -> None:
    """Whether a mark's centre lies on the plan. Raises Invalid."""
    if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= width and 0 <= y <= height):
        words = N_("位置在平面图外面：横 0 到 %(width)s，竖 0 到 %(height)s")
        raise Invalid(fields={"x": words}, width=f"{width:g}", height=f"{height:g}")


def area_of(corners: Sequence[Corner]) -> float:
    """Area by the shoelace formula, in the plan's units squared."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*corners, corners[0]]))) / 2


def is_simple(corners: Sequence[Corner]) -> bool:
    """Whether no corner comes twice and no two edges touch but neighbours at their common corner."""
    if len(set(corners)) != len(corners):
        return False
    edges = list(pairwise([*corners, corners[0]]))
    count = len(edges)
    for i, j in combinations(range(count), 2):
        if (i + 1) % count == j or (j + 1) % count == i:
            first, second = (edges[i], edges[j]) if (i + 1) % count == j else (edges[j], edges[i])
            if _folds_back(first[0], first[1], second[1]):
                return False
        elif _touch(*edges[i], *edges[j]):
            return False
    return True


def _folds_back(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether an edge runs back over the one before it."""
    along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return _side(a, b, c) == 0 and along < 0


def _touch(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    sides = [math.copysign(1, s) if s else 0 for s in (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))]
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(side == 0 and _between(*three) for side, three in zip(sides, ends, strict=True))


def _side(a: Corner, b: Corner, c: Corner) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Corner, b: Corner, c: Corner) -> bool:
    """Whether ``c``, which is in line with a and b, lies between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _refused(words: str, **values: Any) -> Invalid:
    return Invalid(fields={"corners": words}, **values)
