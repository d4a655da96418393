"""Early warning: is this row still normal? Row by row in bounded memory, or a whole window at once.

Both forms give the same answer; an alarm at a row rests on this row and earlier ones only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .charts import AVERAGING, LAGS, lagged, statistics_of
from .normal import Normal
from .window import Floats, Window, carried_forward

FALSE_ALARM_RATE = 0.01
PROVING_ROWS = 20
LASTING_ROWS, LASTING_SHARE = 8.0, 0.05


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
    values = carried_forward(window.arranged(normal.points).values, normal.centre)
    joint = statistics_of(normal.joint, normal.for_charts(values)) / normal.chart_scale
    scores = joint.max(1) / normal.limit(false_alarm_rate)
    states = NewStates(normal)
    scores = np.maximum(scores, [states.step(row) for row in values])
    return Detection(scores, scores > 1)


def contributions(window: Window, normal: Normal) -> Floats:
    """Rows × points: each point's signed share of the alarm, its one-step residual in standard deviations."""
    z = normal.for_charts(window.arranged(normal.points).values)
    errors = z - lagged(z) @ normal.joint.coefficients
    spread = np.sqrt(np.maximum(1 / np.maximum(np.diagonal(normal.joint.precisions[0]), 1e-12), 1e-12))
    return np.asarray(errors / spread)


class NewStates:
    """Points that never changed in normal work and now hold another value: 1 once it has lasted.

    A short pulse may be a part of the work that the normal rows didn't happen to show; a twentieth of their length,
    and eight rows at least, is no pulse."""

    def __init__(self, normal: Normal) -> None:
        proven = normal.rows >= PROVING_ROWS
        self._steady = np.flatnonzero((normal.scale <= 0) & (normal.presence > 0)) if proven else np.zeros(0, int)
        self._value = normal.centre[self._steady]
        self._slack = 1e-6 * np.maximum(np.abs(self._value), 1e-3)
        self._lasting = max(LASTING_ROWS, LASTING_SHARE * normal.rows)
        self._run = np.zeros(len(self._steady))

    def step(self, row: Floats) -> float:
        """Judge a row without gaps: the longest standing new state as a share of what counts as lasting."""
        if not len(self._steady):
            return 0.0
        changed = np.abs(row[self._steady] - self._value) > self._slack
        self._run = (self._run + 1) * changed
        return float(self._run.max()) / self._lasting


class Detector:
    """Streaming form: `step` takes one row of `normal.points` in order (NaN: no reading) and answers at once.

    Memory is a few rows, whatever the length of the stream."""

    def __init__(self, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE) -> None:
        self._centre = normal.centre
        used = normal.charted > 0
        self._inverse = np.divide(1.0, normal.scale, out=np.zeros_like(normal.scale), where=used)
        self._states = NewStates(normal)
        self._coefficients = np.ascontiguousarray(normal.joint.coefficients.T)
        self._precisions = [np.ascontiguousarray(p) for p in normal.joint.precisions]
        self._limits = [float(s) * normal.limit(false_alarm_rate) for s in normal.chart_scale]
        self._last = normal.centre.copy()
        self._before: Floats | None = None
        self._rows = 0
        self._means: list[Floats] = []

    def step(self, row: Floats) -> Score:
        """Judge the next row."""
        self._last = np.where(np.isfinite(row), row, self._last)
        z = (self._last - self._centre) * self._inverse
        np.clip(z, -1e6, 1e6, out=z)
        points = len(z)
        if self._before is None:
            self._before = np.tile(z, LAGS)
        self._rows += 1
        error = z - self._coefficients @ self._before if self._rows > LAGS else np.zeros_like(z)
        self._before[points:] = self._before[:-points].copy() if points else self._before
        self._before[:points] = z
        if not self._means:
            self._means = [np.zeros_like(error) for _ in AVERAGING]
        value = self._states.step(self._last)
        for chart, weight in enumerate(AVERAGING):
            mean = self._means[chart]
            mean += weight * (error - mean)
            value = max(value, float(mean @ self._precisions[chart] @ mean) / self._limits[chart])
        return Score(value, value > 1)
