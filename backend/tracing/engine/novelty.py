"""States never seen: a switch that never moved, or moved between two values, takes another.

What is new isn't rare by itself: normal rows never show all that a machine does. How often something new comes
tells the time since the last new thing. With none in `gap` rows, Jeffreys' prior gives a rate of ½ / gap a row
(Brown, Cai & DasGupta, Statistical Science 16 (2001) 101); a new state alarms where that is below the accepted rate
of false alarms: after a quiet time, not while the machine still shows new sides.
"""

from dataclasses import dataclass

import numpy as np

from .window import Floats

EXPECTED = 0.5
PROVING_ROWS = 20
TOLD_SHARE = 0.25
SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Known:
    """`low`, `high`: the values a switch took, NaN for other points; `quiet`: rows since the last new one."""

    low: Floats
    high: Floats
    quiet: float
    rows: int


def quiet_rows(values: Floats, switches: Floats) -> float:
    """Rows at the end of the normal ones in which no switch took a value for the first time (NaN: no reading)."""
    last = 0
    for column in np.flatnonzero(switches > 0):
        readings = np.flatnonzero(~np.isnan(values[:, column]))
        if not len(readings):
            continue
        moved = np.flatnonzero(values[readings, column] != values[readings[0], column])
        last = max(last, int(readings[0]), int(readings[moved[0]]) if len(moved) else 0)
    return float(max(len(values) - 1 - last, 0))


class Novelty:
    """Streaming: each row's score, 1 where a new state is as rare as accepted false alarms.

    A state is new the first time only and is told for as long as it stands, a quarter of the normal rows at most:
    what stays longer than that is known by now. `learned_rows` rows at the start are those the normal was learned
    from: they don't count as quiet time again."""

    def __init__(self, known: Known, false_alarm_rate: float, learned_rows: int = 0) -> None:
        proven = known.rows >= PROVING_ROWS
        self._columns = np.flatnonzero(~np.isnan(known.low)) if proven else np.zeros(0, int)
        self._low, self._high = known.low[self._columns], known.high[self._columns]
        self._slack = SLACK * np.maximum(np.maximum(np.abs(self._low), np.abs(self._high)), 1e-3)
        # No rate rarer than one in the normal rows can be shown by them.
        self._a_row = max(false_alarm_rate, 1 / max(known.rows, 1)) / EXPECTED
        self._told_rows = TOLD_SHARE * known.rows
        self._gap = known.quiet
        self._learned = learned_rows
        self._seen = np.zeros(len(self._columns), bool)
        self._left = np.zeros(len(self._columns))
        self._scores = np.zeros(len(self._columns))

    def judge(self, row: Floats) -> tuple[float, int]:
        """Score of the next row (NaN: never read so far), and the column it comes from (−1: none)."""
        if not len(self._columns):
            return 0.0, -1
        if self._learned > 0:
            self._learned -= 1
        else:
            self._gap += 1
        values = row[self._columns]
        known = (np.abs(values - self._low) <= self._slack) | (np.abs(values - self._high) <= self._slack)
        outside = ~(known | np.isnan(values))
        if not outside.any():
            self._left[:] = 0
            return 0.0, -1
        self._left = np.where(outside, self._left - 1, 0)
        new = outside & ~self._seen
        if new.any():
            self._scores[new] = self._gap * self._a_row
            self._left[new] = self._told_rows
            self._seen |= new
            self._gap = 0.0
        standing = np.where(self._left > 0, self._scores, 0.0)
        first = int(standing.argmax())
        return float(standing[first]), int(self._columns[first])
