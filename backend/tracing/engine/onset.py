"""When a point began to move: a two-sided CUSUM, dated back to where its sum last left zero.

The decision interval grows with the point's autocorrelation, so that slow points don't seem to start early by
chance. Sources: Page, Biometrika 41 (1954) 100; Hinkley, Biometrika 58 (1971) 509 (change-point from the last
zero); Lu & Reynolds, Journal of Quality Technology 33 (2001) 316 (CUSUM of autocorrelated data).
"""

from dataclasses import dataclass

import numpy as np

from .window import Floats

SLACK = 0.75  # half of the shift, in standard deviations, that shall be found quickest
DECISION = 8.0


@dataclass(frozen=True, slots=True)
class Onset:
    """Rows of the window: `row` is the best estimate, the change lies within `earliest` … `latest`;
    `direction` +1 for rising, −1 for falling."""

    row: int
    earliest: int
    latest: int
    direction: int


def onsets(z: Floats, autocorrelation: Floats, start: int = 0) -> list[Onset | None]:
    """For every column of standardised rows the first lasting change at or after `start`, or None."""
    rows, points = z.shape
    decision = DECISION * np.sqrt((1 + autocorrelation) / (1 - autocorrelation))
    total = np.zeros((2, points))
    left_zero = np.full((2, points), start)
    found: list[Onset | None] = [None] * points
    open_ = np.ones(points, bool)
    for row in range(start, rows):
        step = np.stack([z[row], -z[row]]) - SLACK
        total = np.maximum(total + step, 0.0)
        left_zero = np.where(total > 0, left_zero, row + 1)
        crossed = (total > decision) & open_
        for point in np.flatnonzero(crossed.any(0)):
            side = int(total[1, point] > total[0, point])
            begun = int(left_zero[side, point])
            found[point] = Onset(begun, _earliest(z[start:begun, point], start, side), row, -1 if side else 1)
            open_[point] = False
        if not open_.any():
            break
    return found


def _earliest(before: Floats, start: int, side: int) -> int:
    """Walk back over rows that already lean to the side the point went, at most ten."""
    lean = before if side == 0 else -before
    row = start + len(lean)
    for value in lean[::-1][:10]:
        if value < 0.25:
            break
        row -= 1
    return row
