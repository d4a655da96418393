"""Rows for the engine's streaming detector out of single values that come as they please.

The detector judges rows of all the learned normal's points. A row ends when every point that spoke in the
row before has spoken again, or when one of them speaks a second time (at most one such row a second), or
when it has waited as long as rows are usually apart. A normal that was learned from rows of the clock is judged
by such rows: each holds the last readings of its cell, and ends with the first reading of the next. A point that
hasn't spoken for ``max_age_s`` is missing; one that hasn't spoken since the last row has no reading in this one,
which mustn't pass for an equal one.
"""

from typing import NamedTuple

import numpy as np

from backend.alarms.parameters import Deviation
from backend.alarms.queries.watching import LearnedRow
from backend.tracing.engine import Detector, Normal, Score

FAR_OFF = "far_off"
"""A point that wanders even in normal times is further off than that explains."""


class ScoredRow(NamedTuple):
    """Moment of a row's last value, its score (1 = limit), and the point it comes from: the only one that its chart
    looks at, else the one furthest from its normal."""

    at: float
    score: float
    point_id: int
    alone: str = ""
    """What that point did where the score is its alone: the engine's ``Form``, or ``FAR_OFF``; empty where points
    move together."""


class Rows:
    """Latest values of a learned normal's points, judged row by row. A restart begins with a fresh detector."""

    def __init__(self, learned: LearnedRow, parameters: Deviation) -> None:
        self.learned_id = learned.id
        self.parameters = parameters
        self.point_ids = learned.point_ids
        normal = Normal.from_dict(dict(learned.parameters))
        self._detector = Detector(normal, parameters.false_alarm_rate)
        self._centre = normal.centre
        self._scale = np.where(normal.scale > 0, normal.scale, np.inf)
        self._row_s = learned.row_s
        self.step_s = learned.row_s or normal.step_s
        self._patience_s = max(2.0, self.step_s)
        self._column = {point_id: column for column, point_id in enumerate(learned.point_ids)}
        self._values = np.full(len(learned.point_ids), np.nan)
        self._moments = np.zeros(len(learned.point_ids))
        self._fresh = np.zeros(len(learned.point_ids), bool)
        self._spoken: set[int] = set()
        self._expected = set(learned.point_ids)
        self.last: ScoredRow | None = None
        """The latest row that ended: what it came from when a delay ends between two rows."""
        self._row_at = 0.0
        self._last_at = 0.0
        self._begun = 0.0

    def put(self, point_id: int, at: float, value: float, received: float) -> list[ScoredRow]:
        """Take one value; the rows that end by it, in order of time."""
        column = self._column[point_id]
        if at <= self._moments[column]:
            return []
        ended = []
        if self._ends_before(point_id, at):
            ended.append(self._end_row())
        if not self._spoken:
            self._begun = received
        self._values[column], self._moments[column] = value, at
        self._fresh[column] = True
        self._spoken.add(point_id)
        self._row_at = max(self._row_at, at)
        if self._row_s is None and self._expected <= self._spoken:
            ended.append(self._end_row())
        return ended

    def _ends_before(self, point_id: int, at: float) -> bool:
        """Whether this value belongs to another row than those before it."""
        if self._row_s is None:
            return point_id in self._spoken and self._row_at - self._last_at >= 1.0
        return bool(self._spoken) and at // self._row_s > self._row_at // self._row_s

    def overdue(self, moment: float) -> ScoredRow | None:
        """The row that has waited too long for its other points, if there is one."""
        if not self._spoken or moment - self._begun < self._patience_s:
            return None
        return self._end_row()

    def _end_row(self) -> ScoredRow:
        self._expected, self._spoken = self._spoken, set()
        self._last_at = self._row_at
        row = np.where(self._moments >= self._row_at - self.parameters.max_age_s, self._values, np.nan)
        at = self._row_at if self._row_s is None else (self._row_at // self._row_s + 1) * self._row_s
        score = self._detector.step(np.where(self._fresh, row, np.nan), at)
        self._fresh[:] = False
        distance = np.abs(np.nan_to_num((row - self._centre) / self._scale))
        leader = int(distance.argmax()) if score.leader is None else score.leader
        self.last = ScoredRow(self._row_at, score.value, self.point_ids[leader], _alone(score))
        return self.last


def _alone(score: Score) -> str:
    if score.leader is None:
        return ""
    return score.form.value if score.form else FAR_OFF
