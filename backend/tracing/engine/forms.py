"""Which points moved first, and how: what an explanation says of them.

A form is told from the rows since the point began to move, in its own standard deviations: a new state of a switch, a
sensor that is stuck, a step, a drift, an oscillation, or only a wider spread. Values come out, no sentences.
"""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from .normal import Normal
from .onset import Onset, onsets_of
from .window import Floats, Window, carried_forward

SHORTEST = 5
LOOKED_AT = 120
STUCK_ROWS, STUCK_TIMES = 10, 3
WIDER = 4.0  # variance against normal
WIDE_READING = 2.5
SWINGING = 0.4  # share of the movement in one frequency and its neighbours
SWINGS = 2
Z_MOST = 50.0


class Form(Enum):
    """How a point moved."""

    NEW_STATE = "new_state"
    STUCK = "stuck"
    STEP = "step"
    DRIFT = "drift"
    OSCILLATION = "oscillation"
    VARIANCE = "variance"


@dataclass(frozen=True, slots=True)
class Mover:
    """`row` of the window where it began; `size`: of a step or new state how far, of a drift how far by the last row,
    of an oscillation half its swing, of a variance the new standard deviation, all in normal standard deviations and
    signed where there is a direction; of a stuck point the number of equal rows."""

    point: str
    row: int
    form: Form
    size: float


def first_movers(
    window: Window, normal: Normal, start: int, *, learned_rows: int = 0, most: int = 5
) -> tuple[Mover, ...]:
    """The points that moved first around row `start` (where the charts first stayed above their limits), at most
    `most`, in the order in which they began; of those that began together the one that moved most comes first."""
    values = window.arranged(normal.points).values
    if not len(values) or not 0 <= start < len(values):
        return ()
    filled = carried_forward(values, normal.centre)
    z = np.clip(normal.standardised(values), -Z_MOST, Z_MOST)
    begun = onsets_of(z, normal.autocorrelation, start, learned_rows)
    found = [
        mover
        for column, name in enumerate(normal.points)
        if (mover := _mover(name, column, filled[:, column], z[:, column], normal, begun[column], start))
    ]
    return tuple(sorted(found, key=lambda mover: (mover.row, -abs(mover.size), mover.point))[:most])


def _mover(
    name: str, column: int, raw: Floats, z: Floats, normal: Normal, onset: Onset | None, start: int
) -> Mover | None:
    if normal.presence[column] <= 0:
        return None
    if normal.switches[column] > 0:
        return _new_state(name, column, raw, normal, start)
    if (equal := _stuck_rows(raw, start)) > 0:
        return Mover(name, len(raw) - equal, Form.STUCK, float(equal))
    after = z[start : start + LOOKED_AT]
    if onset is None and (len(after) < 2 * SHORTEST or float(after.var()) <= WIDER):
        return None
    row = start if onset is None else onset.row
    mover = _named(name, row, _while_away(z[row : row + LOOKED_AT]), float(normal.autocorrelation[column]))
    if mover.form in (Form.OSCILLATION, Form.VARIANCE):  # no lean to date it by: the first wide reading
        return replace(mover, row=min(row, start + int(np.argmax(np.abs(after) > WIDE_READING))))
    return mover


def _while_away(after: Floats) -> Floats:
    """The rows until it was back for good: a step and its way back are no oscillation. One wide reading alone may be
    chance."""
    wide = np.abs(after) > WIDE_READING
    rows = np.flatnonzero(wide[1:] & wide[:-1])
    return after[: max(int(rows[-1]) + 2, 2 * SHORTEST)] if len(rows) else after


def _new_state(name: str, column: int, raw: Floats, normal: Normal, start: int) -> Mover | None:
    low, high = normal.quantiles[column, 0], normal.quantiles[column, -1]
    slack = 1e-6 * max(abs(low), abs(high), 1e-3)
    outside = (np.abs(raw - low) > slack) & (np.abs(raw - high) > slack)
    rows = np.flatnonzero(outside[start:])
    if not len(rows):
        return None
    row = start + int(rows[0])
    step = float(raw[row] - normal.median[column])
    return Mover(name, row, Form.NEW_STATE, step / float(normal.scale[column]) if normal.scale[column] > 0 else step)


def _stuck_rows(raw: Floats, start: int) -> int:
    """Rows at the end with the same reading, if that is far more than ever before `start`; else 0."""
    now = _longest_run(raw[max(start - STUCK_ROWS, 0) :], at_end=True)
    if now < STUCK_ROWS or now < STUCK_TIMES * _longest_run(raw[: len(raw) - now], at_end=False):
        return 0
    return now


def _longest_run(raw: Floats, *, at_end: bool) -> int:
    if not len(raw):
        return 0
    ends = np.append(np.flatnonzero(np.diff(raw) != 0), len(raw) - 1)
    runs = np.diff(np.append(-1, ends))
    return int(runs[-1] if at_end else runs.max())


def _named(name: str, row: int, after: Floats, autocorrelation: float) -> Mover:
    """A form for standardised rows since the onset."""
    last = float(np.median(after[-SHORTEST:]))
    if len(after) < 2 * SHORTEST:
        return Mover(name, row, Form.STEP, last)
    time = np.arange(1.0, len(after) + 1)
    slope = float(time @ after / (time @ time))
    level = float(np.median(after))
    left = after - np.polyval(np.polyfit(time, after, 1), time)
    wide = float(left.var()) > WIDER
    if wide and _swinging(left) > SWINGING:
        return Mover(name, row, Form.OSCILLATION, float(np.sqrt(2) * left.std()))
    if wide and abs(float(after.mean())) < 2 * float(left.std()) / np.sqrt(_independent(len(after), autocorrelation)):
        return Mover(name, row, Form.VARIANCE, float(left.std()))
    if float(((after - slope * time) ** 2).sum()) < float(((after - level) ** 2).sum()):
        return Mover(name, row, Form.DRIFT, slope * len(after))
    return Mover(name, row, Form.STEP, level)


def _independent(rows: int, autocorrelation: float) -> float:
    return max(rows * (1 - autocorrelation) / (1 + autocorrelation), 1.0)


def _swinging(left: Floats) -> float:
    """Share of the variance in the strongest frequency of at least `SWINGS` swings and its two neighbours."""
    power = np.abs(np.fft.rfft(left)) ** 2
    if len(power) <= SWINGS + 1:
        return 0.0
    peak = SWINGS + int(np.argmax(power[SWINGS:]))
    return float(power[max(peak - 1, 1) : peak + 2].sum() / max(float(power[1:].sum()), 1e-300))
