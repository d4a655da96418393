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
BEFORE_ROWS = 10
"""How long before the joint charts speak a point may have begun; they need some rows to see a small shift."""


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
            lean = (-z if side else z)[start : row + 1, point]
            dated = _dated(lean, begun - start) + start
            found[point] = Onset(dated, _earliest(lean[: begun - start], start), row, -1 if side else 1)
            open_[point] = False
        if not open_.any():
            break
    return found


def onsets_of(z: Floats, autocorrelation: Floats, start: int, fault_free_rows: int = 0) -> list[Onset | None]:
    """As `onsets`, for a deviation that the joint charts date to row `start`.

    A wanderer that left and came back before is another story: only what still leaned then, or began since, counts."""
    found = onsets(z, autocorrelation, fault_free_rows)
    begins = max(start - BEFORE_ROWS, fault_free_rows)
    past = [c for c, onset in enumerate(found) if onset and onset.latest < begins and not _leans(z, c, onset, start)]
    if past:
        again = onsets(z[:, past], autocorrelation[past], begins)
        for column, onset in zip(past, again, strict=True):
            found[column] = onset
    return found


def _leans(z: Floats, column: int, onset: Onset, start: int) -> bool:
    """Whether the point was still away, to the side it went, in the rows before `start`."""
    before = z[max(start - BEFORE_ROWS, onset.latest) : start, column]
    return bool(len(before)) and float(before.mean()) * onset.direction > 2 * SLACK


def _dated(lean: Floats, begun: int) -> int:
    """The row after `begun` where the way to the size reached at the end really starts.

    A slow point may lean a little by chance before it is pushed. With half of the reached size as slack (Hinkley's
    choice for a known shift) that no longer counts as begun."""
    slack = max(SLACK, float(lean[-3:].mean()) / 2)
    total, row = 0.0, begun
    for number, value in enumerate(lean[begun:], start=begun):
        total = max(total + value - slack, 0.0)
        row = row if total > 0 else number + 1
    return min(row, len(lean) - 1)


def _earliest(before: Floats, start: int) -> int:
    """Walk back over rows that already lean to the side the point went, at most ten."""
    row = start + len(before)
    for value in before[::-1][:10]:
        if value < 0.25:
            break
        row -= 1
    return row
