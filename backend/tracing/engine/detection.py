"""Early warning: is this row still normal? Row by row in bounded memory, or a whole window at once.

Both forms give the same answer; an alarm at a row rests on this row and earlier ones only. Four kinds of charts
look at every row, each against its own limit: the joint charts of the points that move together (charts.py), points
that wander (wandering.py), switches that take a new state (novelty.py), sensors that are stuck (stuck.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .charts import LAGS, QUICK, Joint, residuals_of, shrinking, statistics_of, support
from .forms import Form
from .normal import Normal
from .novelty import Novelty
from .stuck import Stuck
from .wandering import far_off_limit
from .window import Floats, Window, carried_forward

FALSE_ALARM_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is the largest statistic over its limit: above 1 is an alarm. `leader`: column of the point it comes
    from where that is a single one (a new state, a wandering point far off, a stuck sensor), None where points move
    together; `form`: how that one moved, where its chart tells."""

    value: float
    alarm: bool
    leader: int | None = None
    form: Form | None = None


@dataclass(frozen=True, eq=False)
class Detection:
    """One score and alarm a row."""

    scores: Floats
    alarms: NDArray[np.bool_]


def detect(
    window: Window, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE, *, learned_rows: int = 0
) -> Detection:
    """Judge every row of the window. `false_alarm_rate`: share of fault-free rows that may alarm; `learned_rows`: how
    many rows at the start are those the normal was learned from."""
    read = carried_forward(window.arranged(normal.points).values, np.full(len(normal.points), np.nan))
    values = np.where(np.isnan(read), normal.centre, read)
    z, given = normal.for_charts(values), normal.given(values, window.times_s)
    statistics = statistics_of(normal.joint, z, given) / normal.limits(false_alarm_rate)
    scores = statistics.max(1, initial=0.0)
    far_off = FarOff(normal, false_alarm_rate)
    novelty = Novelty(normal.known, false_alarm_rate, learned_rows)
    stuck = Stuck(normal.longest, normal.rows, false_alarm_rate)
    rows = zip(values, read, window.arranged(normal.points).values, strict=True)
    others = [max(far_off.judge(row), novelty.judge(seen), stuck.judge(now))[0] for row, seen, now in rows]
    scores = np.maximum(scores, others)
    return Detection(scores, scores > 1)


def contributions(window: Window, normal: Normal) -> Floats:
    """Rows × points: each point's signed share of the alarm, its one-step residual in standard deviations; of a
    wandering point the step it made."""
    values = window.arranged(normal.points).values
    z, given = normal.for_charts(values), normal.given(values, window.times_s)
    out = np.zeros_like(z)
    for group, row in enumerate(normal.joint.members):
        columns = row[row >= 0]
        precision = np.diagonal(normal.joint.precisions[0, group])[: len(columns)]
        spread = np.sqrt(np.maximum(1 / np.maximum(precision, 1e-12), 1e-12))
        out[:, columns] = residuals_of(normal.joint, z, group, given) / spread
    steps = np.diff(normal.standardised(values) * normal.wandering, axis=0, prepend=np.zeros((1, z.shape[1])))
    steps[:1] = 0.0
    return np.asarray(out + steps / np.sqrt(2 * (1 - normal.autocorrelation)))


class FarOff:
    """Wandering points: how far the furthest is off its mean, squared, over the limit."""

    def __init__(self, normal: Normal, false_alarm_rate: float) -> None:
        self._columns = np.flatnonzero(normal.wandering > 0)
        self._centre = normal.centre[self._columns]
        reach = normal.scale[self._columns] * far_off_limit(len(self._columns), false_alarm_rate)
        self._reach = np.maximum(reach, 1e-300)

    def judge(self, row: Floats) -> tuple[float, int]:
        """Score of a row without gaps, and the column it comes from (−1: none)."""
        if not len(self._columns):
            return 0.0, -1
        away = np.abs(row[self._columns] - self._centre) / self._reach
        furthest = int(away.argmax())
        return min(float(away[furthest]), 1e6) ** 2, int(self._columns[furthest])


class Detector:
    """Streaming form: `step` takes one row of `normal.points` in order (NaN: no reading) and answers at once.

    Memory is a few rows, whatever the length of the stream."""

    def __init__(self, normal: Normal, false_alarm_rate: float = FALSE_ALARM_RATE, *, learned_rows: int = 0) -> None:
        self._centre = normal.centre
        self._inverse = np.divide(1.0, normal.scale, out=np.zeros_like(normal.scale), where=normal.scale > 0)
        self._far_off = FarOff(normal, false_alarm_rate)
        self._novelty = Novelty(normal.known, false_alarm_rate, learned_rows)
        self._stuck = Stuck(normal.longest, normal.rows, false_alarm_rate)
        self._charts = _Charts(normal.joint, normal.limits(false_alarm_rate))
        self._last = np.full(len(normal.centre), np.nan)
        self._step_s = normal.step_s
        self._at_s = normal.until_s

    def step(self, row: Floats, at_s: float | None = None) -> Score:
        """Judge the next row, of the moment `at_s` (the times of the normal rows; left out: a usual step later)."""
        row = np.asarray(row, float)
        self._at_s = self._at_s + self._step_s if at_s is None else at_s
        self._last = np.where(np.isfinite(row), row, self._last)
        values = np.where(np.isnan(self._last), self._centre, self._last)
        z = np.clip((values - self._centre) * self._inverse, -1e6, 1e6)
        together = self._charts.step(z, self._at_s)
        (value, column), form = max(
            (self._far_off.judge(values), ""),
            (self._novelty.judge(self._last), Form.NEW_STATE.value),
            (self._stuck.judge(row), Form.STUCK.value),
        )
        if together >= value:
            return Score(together, together > 1)
        return Score(value, value > 1, column, Form(form) if form else None)


class _Charts:
    """The joint charts, a row at a time, all groups at once."""

    def __init__(self, joint: Joint, limits: Floats) -> None:
        self._weights = joint.weights
        self._plain = (joint.weights >= 1)[:, None, None]
        self._columns = np.maximum(joint.members, 0)
        self._there = (joint.members >= 0).astype(float)
        self._coefficients = np.ascontiguousarray(joint.coefficients)
        self._precisions = np.ascontiguousarray(joint.precisions)
        self._caps = joint.caps
        self._limits = limits.reshape(len(joint.weights), len(joint.members))
        self._before: Floats | None = None
        self._rows = 0
        self._means = np.zeros((len(joint.weights), *joint.members.shape))
        self._joint = joint
        self._states: Floats | None = None

    def step(self, z: Floats, at_s: float) -> float:
        """The largest statistic over its limit."""
        if not self._columns.size:
            return 0.0
        now = z[self._columns] * self._there
        if self._before is None:
            self._before = np.tile(now, (1, LAGS))
        self._rows += 1
        error = now - np.matmul(self._before[:, None, :], self._coefficients)[:, 0, :] - self._foretold(z, at_s)
        if self._rows <= LAGS:
            error = np.zeros_like(now)
        self._before = np.concatenate([now, self._before[:, : -now.shape[1]]], axis=1)
        plain = np.einsum("gi,gij,gj->g", error, self._precisions[0], error)
        held = error * shrinking(plain, self._caps)
        self._means += self._weights[:, None, None] * (np.where(self._plain, error, held) - self._means)
        weighed = np.matmul(self._means[:, :, None, :], self._precisions)[:, :, 0, :]
        distance = np.einsum("cgi,cgi->cg", weighed, self._means)
        along = np.einsum("cgi,gi->cg", weighed[QUICK + 1 :], self._means[QUICK])
        distance[QUICK + 1 :] *= support(along, distance[QUICK + 1 :])
        return float((distance / self._limits).max())

    def _foretold(self, z: Floats, at_s: float) -> Floats | float:
        """Groups × size: what the inputs add to the prediction."""
        inputs = self._joint.inputs
        if not inputs.width:
            return 0.0
        states = inputs.states(z[None], self._joint.members)
        before = states if self._states is None else self._states
        self._states = states
        given = inputs.joined(states, before, np.array([at_s]))[0]
        return np.asarray(np.matmul(given[:, None, :], self._joint.driven)[:, 0, :], float)
