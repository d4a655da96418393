"""Stuck sensors: a reading that stays the same far longer than it ever did in normal work.

If a reading stays with some probability a row, runs are geometric and the longest of n rows is about ln n / −ln q rows
long (Schilling, The College Mathematics Journal 21 (1990) 196); a run that is ln(points / rate) / ln n times as long
comes with less than the accepted rate. Three times the longest at least, for heavier tails. Switches and points
that never moved aren't stuck; what wasn't read isn't equal.
"""

import numpy as np

from .window import Floats

LEAST_ROWS = 10
TIMES = 3.0
PROVING_ROWS = 40


def longest_runs(values: Floats) -> Floats:
    """Of each column the most readings in a row that were equal, rows without a reading left out."""
    runs = Runs(values.shape[1])
    longest = np.zeros(values.shape[1])
    for row in values:
        longest = np.maximum(longest, runs.step(row))
    return longest


class Runs:
    """Streaming: how many readings each column has been equal for."""

    def __init__(self, columns: int) -> None:
        self._last = np.full(columns, np.nan)
        self._rows = np.zeros(columns)

    def step(self, row: Floats) -> Floats:
        """The next row; NaN where there is no reading."""
        read = np.isfinite(row)
        self._rows = np.where(read, np.where(row == self._last, self._rows + 1, 1.0), self._rows)
        self._last = np.where(read, row, self._last)
        return self._rows


class Stuck:
    """Streaming: each row's score, above 1 where a point has been equal for too long. `longest`: longest run of each
    point in `rows` normal rows, 0 where a point isn't watched."""

    def __init__(self, longest: Floats, rows: int, false_alarm_rate: float) -> None:
        watched = (longest > 0) & (rows >= PROVING_ROWS)
        self._columns = np.flatnonzero(watched)
        rare = np.log(max(len(self._columns), 1) / max(false_alarm_rate, 1e-9)) / np.log(max(rows, PROVING_ROWS))
        self._limits = np.maximum(longest[self._columns] * max(TIMES, float(rare)), LEAST_ROWS)
        self._runs = Runs(len(self._columns))

    def judge(self, row: Floats) -> tuple[float, int]:
        """Score of the next row, gaps as NaN, and the column it comes from (−1: none)."""
        if not len(self._columns):
            return 0.0, -1
        scores = self._runs.step(row[self._columns]) / self._limits
        furthest = int(scores.argmax())
        return float(scores[furthest]), int(self._columns[furthest])
