"""How each point behaves since the start of a deviation: moved, high, low, stuck, fluctuating, drifting, stepping.

Values in, values out; the cause library's signs are written in these words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .normal import Normal
from .window import Floats, Window, carried_forward

CLEAR_Z = 3.0
SMOOTHED_ROWS = 3
LEAST_ROWS = 5
STUCK_READINGS = 10
FLUCTUATING_ROWS, FLUCTUATING_TIMES, FLUCTUATING_TURNS = 15, 2.0, 4
STRAIGHT = 0.85
ONE_STEP = 0.5


class Shape(StrEnum):
    """What a point does. `MOVED`: high or low; `DRIFT` and `STEP` say how it came to be so; `STUCK`: one and the same
    value, and one that is usual: what stands still far away has rather reached an end of its range."""

    MOVED = "moved"
    HIGH = "high"
    LOW = "low"
    STUCK = "stuck"
    FLUCTUATING = "fluctuating"
    DRIFT = "drift"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`size`: smoothed distance from the normal median at the most, in robust standard deviations, signed; `shapes`
    empty: as ever."""

    point: str
    size: float
    shapes: tuple[Shape, ...]


def behaviours(window: Window, normal: Normal, started_s: float | None) -> tuple[Behaviour, ...]:
    """Each point of the normal that was read in the window; `started_s` None: the last fifth is judged."""
    arranged = window.arranged(normal.points)
    if not arranged.rows:
        return ()
    start = int(np.searchsorted(arranged.times_s, started_s)) if started_s is not None else int(arranged.rows * 0.8)
    start = min(start, max(arranged.rows - LEAST_ROWS, 0))
    after = arranged.values[start:]
    filled = carried_forward(arranged.values, normal.median)[start:]
    spread = np.where(normal.spread > 0, normal.spread, np.maximum(0.01 * np.abs(normal.median), 1e-9))
    z = np.clip((filled - normal.median) / spread, -1000, 1000)
    read = np.isfinite(arranged.values).any(0).reshape(-1)
    return tuple(
        _behaviour(name, z[:, column], after[:, column], float(normal.spread[column]), normal.discrete[column] > 0)
        for column, name in enumerate(normal.points)
        if read[column]
    )


def _behaviour(name: str, z: Floats, raw: Floats, spread: float, switch: bool) -> Behaviour:
    smooth = _smoothed(z)
    peak = float(smooth[np.abs(smooth).argmax()]) if len(smooth) else 0.0
    shapes: list[Shape] = []
    if abs(peak) >= CLEAR_Z:
        shapes += [Shape.MOVED, Shape.HIGH if peak > 0 else Shape.LOW]
        shapes += _how(smooth, peak)
    if not switch and spread > 0 and abs(float(z[-1])) < CLEAR_Z and _is_stuck(raw):
        shapes.append(Shape.STUCK)
    if not switch and _fluctuates(z):
        shapes.append(Shape.FLUCTUATING)
    return Behaviour(name, round(peak, 2), tuple(shapes))


def _smoothed(z: Floats) -> Floats:
    if len(z) < SMOOTHED_ROWS:
        return z
    return np.asarray(np.convolve(z, np.full(SMOOTHED_ROWS, 1 / SMOOTHED_ROWS), mode="valid"))


def _how(smooth: Floats, peak: float) -> Sequence[Shape]:
    """Whether the way to the peak was one step or a long slope; neither where it is unclear."""
    way = smooth[: int(np.abs(smooth).argmax()) + 1]
    if len(way) <= SMOOTHED_ROWS:
        return (Shape.STEP,)
    jump = float(np.abs(way[SMOOTHED_ROWS:] - way[:-SMOOTHED_ROWS]).max())
    if jump >= ONE_STEP * abs(peak) or abs(way[0]) >= ONE_STEP * abs(peak):
        return (Shape.STEP,)
    slope = np.corrcoef(np.arange(len(way)), way)[0, 1] if way.std() > 0 else 0.0
    return (Shape.DRIFT,) if abs(slope) >= STRAIGHT else ()


def _is_stuck(raw: Floats) -> bool:
    """The last readings all have one value; gaps don't count as readings."""
    last = raw[~np.isnan(raw)][-STUCK_READINGS:]
    return len(last) == STUCK_READINGS and bool((last == last[0]).all())


def _fluctuates(z: Floats) -> bool:
    """About its own course it swings wider than it ever did, and often enough to be no slope or step."""
    if len(z) < FLUCTUATING_ROWS:
        return False
    rows = np.arange(len(z))
    rest = z - np.polyval(np.polyfit(rows, z, 2), rows)
    turns = int((np.diff(np.sign(rest)) != 0).sum())
    return float(rest.std()) >= FLUCTUATING_TIMES and turns >= FLUCTUATING_TURNS
