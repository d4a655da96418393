"""A stretch of readings by value: what every question to the engine starts from.

Rows are moments in ascending order, columns are points; a gap is NaN. The engine never reads a point's
name for meaning: names only tell points apart and tie them to the plant graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LIMIT = 1e30  # larger readings would overflow when squared; they are as good as this


class WindowError(ValueError):
    """The window's parts don't fit together."""


@dataclass(frozen=True, eq=False)
class Window:
    """Readings of `points` at `times_s` (seconds, any epoch, ascending); `values` is times × points."""

    times_s: Floats
    points: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        rows, columns = self.values.shape if self.values.ndim == 2 else (-1, -1)
        if rows != len(self.times_s) or columns != len(self.points):
            raise WindowError(f"values of {rows} × {columns} for {len(self.times_s)} times × {len(self.points)} points")
        if len(set(self.points)) != len(self.points):
            raise WindowError("a point stands twice")

    @classmethod
    def of(cls, times_s: Sequence[float] | Floats, points: Sequence[str], values: object) -> Self:
        """Build a window from anything array-like: rows are put in order of time, of equal times the last stays,
        infinite values become gaps."""
        times = np.asarray(times_s, float).reshape(-1)
        table = np.array(values, float).reshape(len(times), len(points))
        table[np.isinf(table)] = np.nan
        np.clip(table, -LIMIT, LIMIT, out=table)
        order = np.argsort(times, kind="stable")
        times, table = times[order], table[order]
        last = np.append(times[1:] != times[:-1], True)[: len(times)]
        return cls(times[last], tuple(points), table[last])

    @property
    def rows(self) -> int:
        """Number of moments."""
        return len(self.times_s)

    @property
    def step_s(self) -> float:
        """Usual distance between two rows in seconds (median), 1 where there is no telling."""
        gaps = np.diff(self.times_s)
        return float(np.median(gaps)) if len(gaps) else 1.0

    def between(self, start: int, stop: int) -> "Window":
        """Rows `start` (included) to `stop` (excluded)."""
        return Window(self.times_s[start:stop], self.points, self.values[start:stop])

    def arranged(self, points: Sequence[str]) -> "Window":
        """The same moments with exactly `points` as columns; a point that isn't here is all gaps."""
        if tuple(points) == self.points:
            return self
        place = {name: column for column, name in enumerate(self.points)}
        values = np.full((self.rows, len(points)), np.nan)
        for column, name in enumerate(points):
            if name in place:
                values[:, column] = self.values[:, place[name]]
        return Window(self.times_s, tuple(points), values)


def carried_forward(values: Floats, before: Floats) -> Floats:
    """Fill each gap with the last reading of its column; gaps at the start with `before` (one value a column)."""
    gap = np.isnan(values)
    if not gap.any():
        return values
    rows = np.arange(len(values))[:, None]
    source = np.maximum.accumulate(np.where(gap, -1, rows), axis=0)
    filled = np.take_along_axis(values, np.maximum(source, 0), axis=0)
    return np.where(source >= 0, filled, before)
