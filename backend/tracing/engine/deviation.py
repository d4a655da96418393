"""What each point did, as numbers the ranking of causes can weigh.

A point whose graph parents explain its movement only passes it on; what they don't explain is where something
entered (regression-based hypothesis testing of CIRCA: Li et al., KDD 2022). What happened right after the start
weighs apart from what lasted: a control loop hides its cause later, and effects grow past their cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .detection import detect
from .normal import Normal
from .onset import Onset, onsets_of
from .shocks import Views, views_of
from .window import Floats, Window, carried_forward

EARLY_ROWS = 15
RUN_ROWS = 4
SHORT_WINDOW = 20
TRACE_FALSE_ALARM_RATE = 0.001
Z_LEAST, Z_MOST = 0.01, 1000.0


@dataclass(frozen=True, eq=False)
class Deviations:
    """Arrays have one entry a point of the normal; z is rows × points.

    `start`: the row where the joint charts first stayed above their limit; `abnormal`: whether they did.
    `early`/`lasting`: what the graph parents leave unexplained, in standard deviations, as root mean square over
    the first rows after the start and as mean over all of them; `moved`: the point's own root mean square early.
    """

    start: int
    abnormal: bool
    drawn: bool
    z: Floats
    early: Floats
    lasting: Floats
    moved: Floats
    peak: Floats
    trust: Floats
    onsets: tuple[Onset | None, ...]


def deviations(
    window: Window, normal: Normal, parents: Mapping[str, Sequence[str]], fault_free_rows: int
) -> Deviations:
    """Judge a window whose first `fault_free_rows` rows are known to be normal."""
    start, abnormal = joint_start(window, normal, fault_free_rows)
    z = robust_z(window, normal)
    after = slice(start, None)
    views = views_of(window.values, normal, parents, start)
    early, lasting = _early(views), _lasting(views)
    moved = _root_mean_square(z[after][:EARLY_ROWS])
    peak = np.abs(z[after]).max(0) if len(z) > start else np.zeros(len(normal.points))
    found = onsets_of(np.clip(z, -50, 50), normal.autocorrelation, start, fault_free_rows)
    return Deviations(
        start, abnormal, views.drawn, z, early, lasting, moved, peak, _trust(window, normal), tuple(found)
    )


def joint_start(window: Window, normal: Normal, fault_free_rows: int) -> tuple[int, bool]:
    """Row where a run of joint alarms begins, and whether there is one; without one, where the last fifth begins."""
    alarms = detect(window, normal, TRACE_FALSE_ALARM_RATE, learned_rows=fault_free_rows).alarms
    rows = window.rows
    if rows - fault_free_rows <= SHORT_WINDOW:
        return min(fault_free_rows, max(rows - 1, 0)), bool(alarms[fault_free_rows:].any())
    run = 0
    for row in range(fault_free_rows, rows):
        run = run + 1 if alarms[row] else 0
        if run == RUN_ROWS:
            return row - RUN_ROWS + 1, True
    return fault_free_rows + int(0.8 * (rows - fault_free_rows)), False


def robust_z(window: Window, normal: Normal) -> Floats:
    """Rows × points: distance from the normal median in robust spreads, within ±1000.

    A point that never moved has no spread: one hundredth of its level stands in."""
    filled = carried_forward(window.values, normal.median)
    stand_in = np.maximum(0.01 * np.abs(normal.median), 1e-9)
    spread = np.where(normal.spread > 0, normal.spread, stand_in)
    return np.clip((filled - normal.median) / spread, -Z_MOST, Z_MOST)


def _early(views: Views) -> Floats:
    """What entered in the first rows: a wrong link spoils one of the two views only."""
    return _middle(
        _root_mean_square(views.shock_given_parents[:EARLY_ROWS]), _root_mean_square(views.shock_given_all[:EARLY_ROWS])
    )


def _lasting(views: Views) -> Floats:
    """What stayed in the mean of all rows."""
    alone = _mean_size(views.level_given_all)
    return _middle(_mean_size(views.level_given_parents), alone) if views.drawn else alone


def _middle(one: Floats, other: Floats) -> Floats:
    """Geometric mean, within what a ranking can use."""
    return np.sqrt(np.clip(one, Z_LEAST, Z_MOST) * np.clip(other, Z_LEAST, Z_MOST))


def _mean_size(rows: Floats) -> Floats:
    return np.abs(rows.mean(0)) if len(rows) else np.zeros(rows.shape[1])


def _root_mean_square(rows: Floats) -> Floats:
    return np.sqrt((rows * rows).mean(0)) if len(rows) else np.zeros(rows.shape[1])


def _trust(window: Window, normal: Normal) -> Floats:
    """Share of rows in which the point was read at all in this window."""
    if not window.rows:
        return np.zeros(len(normal.points))
    return np.asarray((~np.isnan(window.values)).mean(0))
