"""Early warning: is this row still normal? Row by row in bounded memory, or a whole window at once.

Both forms give the same answer; an alarm at a row rests on this row and earlier ones only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .charts import AVERAGING, LAGS, lagged, statistics_of
from .normal import Normal
from .window import Floats, Window

FALSE_ALARM_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is the joint statistic over its limit: above 1 is an alarm."""

    value: float
    alarm: bool


@dataclass(frozen=True, eq=False)
class Detection:
    """One score and alarm a row."""

    scores: Floats
    alarms: NDArray[np.bool_]


def detect(window: Window, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE) -> Detection:
    """Judge every row of the window. `false_alarm_rate`: share of fault-free rows that may alarm."""
    z = normal.standardised(window.arranged(normal.points).values)
    scores = (statistics_of(normal.joint, z) / normal.chart_scale).max(1) / normal.limit(false_alarm_rate)
    return Detection(scores, scores > 1)


def contributions(window: Window, normal: Normal) -> Floats:
    """Rows × points: each point's signed share of the alarm, its one-step residual in standard deviations."""
    z = normal.standardised(window.arranged(normal.points).values)
    errors = z - lagged(z) @ normal.joint.coefficients
    spread = np.sqrt(np.maximum(1 / np.maximum(np.diagonal(normal.joint.precisions[0]), 1e-12), 1e-12))
    return np.asarray(errors / spread)


class Detector:
    """Streaming form: `step` takes one row of `normal.points` in order (NaN: no reading) and answers at once.

    Memory is a few rows, whatever the length of the stream."""

    def __init__(self, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE) -> None:
        self._centre = normal.centre
        self._inverse = np.divide(1.0, normal.scale, out=np.zeros_like(normal.scale), where=normal.scale > 0)
        self._coefficients = np.ascontiguousarray(normal.joint.coefficients.T)
        self._precisions = [np.ascontiguousarray(p) for p in normal.joint.precisions]
        self._limits = [float(s) * normal.limit(false_alarm_rate) for s in normal.chart_scale]
        self._last = normal.centre.copy()
        self._before: Floats | None = None
        self._means: list[Floats] = []

    def step(self, row: Floats) -> Score:
        """Judge the next row."""
        gap = np.isnan(row)
        self._last = np.where(gap, self._last, row)
        z = (self._last - self._centre) * self._inverse
        np.clip(z, -1e6, 1e6, out=z)
        points = len(z)
        if self._before is None:
            self._before = np.tile(z, LAGS)
        error = z - self._coefficients @ self._before
        self._before[points:] = self._before[:-points].copy() if points else self._before
        self._before[:points] = z
        if not self._means:
            self._means = [error.copy() for _ in AVERAGING]
        value = 0.0
        for chart, weight in enumerate(AVERAGING):
            mean = self._means[chart]
            mean += weight * (error - mean)
            value = max(value, float(mean @ self._precisions[chart] @ mean) / self._limits[chart])
        return Score(value, value > 1)


def replay(window: Window, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE) -> list[Score]:
    """The streaming answer to a whole window."""
    detector = Detector(normal, false_alarm_rate)
    return [detector.step(row) for row in window.arranged(normal.points).values]
