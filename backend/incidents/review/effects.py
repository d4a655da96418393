"""How readings were before and after something was done. Pure. What came after it wasn't always caused by it."""

import enum
import math
from dataclasses import dataclass
from datetime import timedelta

SPAN = timedelta(minutes=10)
"""So long before and after are compared: our choice, long enough for a tank and short enough for one step."""
CLEAR = 2.0
"""A change of fewer standard deviations of the time before is no change."""


class Moved(enum.StrEnum):
    """Which way a point went."""

    ROSE = "rose"
    FELL = "fell"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """Means of a point in its own unit over ``SPAN`` before and after, and which way it went."""

    point_id: int
    before: float
    after: float
    moved: Moved


def change(point_id: int, before: float, spread: float | None, after: float) -> Change:
    """``spread``: standard deviation of the readings before, None for a single one; then any difference counts."""
    difference = after - before
    noise = spread if spread is not None and math.isfinite(spread) else 0.0
    clear = abs(difference) > max(CLEAR * noise, 1e-9 * max(abs(before), 1.0))
    return Change(point_id, before, after, (Moved.ROSE if difference > 0 else Moved.FELL) if clear else Moved.SAME)
