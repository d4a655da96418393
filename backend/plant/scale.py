"""How many metres a floor plan is wide: by a line on it whose length is known, or said outright. Pure."""

import math

from backend.core.errors import N_, Invalid

LEAST_M, MOST_M = 1.0, 20_000.0
SHORTEST_SHARE = 0.05
"""A line shorter than this share of the plan's width measures the finger rather than the plant."""
_LINE = N_("请在图上点出一段知道长度的线，尽量长一些")
_METRES = N_("请填写 1 到 20000 的数")


def read_width(line: str, length_m: str, width_m: str, plan_width: float) -> float:
    """The plan's width in metres. ``line``: its ends as ``x,y x,y`` in the plan's units, of ``length_m`` metres;
    without a line ``width_m`` as typed. Raises Invalid by field."""
    if not line.strip():
        return _within(_metres(width_m), "width_m")
    length, drawn = _metres(length_m), _length_of(line)
    if length is None or length <= 0:
        raise Invalid(fields={"length_m": _METRES})
    if drawn is None or drawn < SHORTEST_SHARE * plan_width:
        raise Invalid(fields={"line": _LINE})
    return _within(length * plan_width / drawn, "length_m")


def _within(width: float | None, field: str) -> float:
    if width is None or not LEAST_M <= width <= MOST_M:
        raise Invalid(fields={field: _METRES})
    return width


def _metres(typed: str) -> float | None:
    plain = typed.strip()
    digits = plain.replace(".", "", 1)
    return float(plain) if digits.isascii() and digits.isdigit() and len(plain) <= 8 else None


def _length_of(line: str) -> float | None:
    """In the plan's units; None of what are no two places."""
    try:
        (ax, ay), (bx, by) = (map(float, corner.split(",")) for corner in line.split())
    except ValueError:
        return None
    length = math.hypot(bx - ax, by - ay)
    return length if math.isfinite(length) else None
