"""On what grid a trace looks: that of what is normal, in the plant's own time. Pure.

A learned normal knows the plant by rows of ``step_s``: its autocorrelation and its lags are rows. A window on another
grid would be judged by the wrong ones. Readings that come faster than the rows are taken row by row (the last of each
cell); readings that come slower leave gaps, which the engine carries forward.

One thing may not be taken for readings that come fast: a recording that is played in quick motion (``ansu replay``).
Its points say themselves how seldom they are read (``expected_interval_s``); where they come several times as fast,
all that is measured in time, the rows and the delays of links, shrinks with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL_STEP_S = 10.0
"""Where nothing tells how often a point is read."""
SHORTEST_STEP_S, LONGEST_STEP_S = 0.05, 900.0
QUICK_MOTION = 3.0
"""So many times as fast as the points' own interval is no jitter."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How far apart a point's last readings are, and how far apart they should be (None: nobody said); seconds."""

    gap_s: float
    expected_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between rows of the window; ``quickness`` is how many times as fast as the plant time runs (1: as it)."""

    step_s: float
    quickness: float = 1.0


def pace_of(habits: Sequence[Habit], normal_step_s: float | None, row_s: float | None = None) -> Pace:
    """The grid for points of these ``habits``; ``normal_step_s`` None where no normal was learned yet. ``row_s``: its
    rows are the clock's, so long, however fast the plant's own time runs."""
    quickness = _quickness(habits)
    if row_s is not None:
        return Pace(row_s, quickness)
    usual = float(np.median([habit.gap_s for habit in habits])) if habits else USUAL_STEP_S
    step_s = usual if normal_step_s is None else normal_step_s / quickness
    return Pace(float(np.clip(step_s, SHORTEST_STEP_S, LONGEST_STEP_S)), quickness)


def _quickness(habits: Sequence[Habit]) -> float:
    """Median over the points that say how often they are read; 1 unless most of them run far ahead of it."""
    ratios = [habit.expected_s / max(habit.gap_s, 1e-3) for habit in habits if habit.expected_s]
    if not ratios:
        return 1.0
    ratio = float(np.median(ratios))
    return ratio if ratio >= QUICK_MOTION else 1.0
