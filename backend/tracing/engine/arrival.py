"""When a disturbance arrives: the plan's delays, corrected by the pace it has shown so far, as an interval.

The time to a point is its delay along the way times a factor that is lognormal: one part shared by the whole plant
(the drawing is too slow, the replay too fast), one part of the link's own. Both are learned from what has moved, on
a grid (Bayes), with what hasn't moved yet counting too: it takes at least that long, if it comes at all. A point
that hasn't moved until now arrives later than now: the interval is what is left of the distribution.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr

from .window import Floats

SHARE = 0.8
"""How many arrivals should lie within their interval."""
SHARED_SPREAD_DRAWN, SHARED_SPREAD_BLIND = 0.4, 1.2
"""Standard deviation of ln(time ÷ plan) that all points share, where all delays are drawn and where none is."""
OWN_SPREADS = np.array([0.1, 0.2, 0.4, 0.8, 1.6])
NEVER = 0.3
"""Share of points within reach that never move visibly: not having seen them says little."""
_SHARED = np.linspace(-4.0, 4.0, 81)
_LOGS = np.linspace(-8.0, 8.0, 401)
_TAIL = 1e-6


@dataclass(frozen=True, eq=False)
class Pace:
    """`share`: distribution of ln(time ÷ plan) over the grid of logarithms."""

    share: Floats

    def arrivals(self, planned_s: Floats, elapsed_s: Floats) -> tuple[Floats, Floats, Floats]:
        """Earliest, likely and latest seconds since the start for points not there after `elapsed_s` seconds."""
        plan = np.maximum(planned_s, 1e-9)
        gone = np.interp(np.log(np.maximum(elapsed_s, 1e-12) / plan), _LOGS, self.share)
        gone = np.minimum(gone, 1 - _TAIL)
        edges = ((1 - SHARE) / 2, 0.5, (1 + SHARE) / 2)
        rising = self.share + np.arange(len(_LOGS)) * 1e-15
        earliest, likely, latest = (np.exp(np.interp(gone + (1 - gone) * q, rising, _LOGS)) * plan for q in edges)
        return np.maximum(earliest, elapsed_s), np.maximum(likely, elapsed_s), np.maximum(latest, elapsed_s)


def learn_pace(
    planned_s: Floats,
    taken_s: Floats,
    waiting_planned_s: Floats,
    waited_s: Floats,
    blind: float = 0.0,
    dated_within_s: float = 0.0,
) -> Pace:
    """From points that took `taken_s` where the plan says `planned_s`, and from those still waited for.

    `blind` 0 … 1: which part of the plan's time is guessed because no delay is drawn; `dated_within_s`: how exactly
    the start of a movement is known, so that short ways don't teach more than they can."""
    spread = SHARED_SPREAD_DRAWN + (SHARED_SPREAD_BLIND - SHARED_SPREAD_DRAWN) * blind
    weight = -0.5 * (_SHARED[:, None] / spread) ** 2 + np.zeros(len(OWN_SPREADS))
    seen = (planned_s > 0) & (taken_s > 0)
    if seen.any():
        dating = (dated_within_s / planned_s[seen])[:, None, None]
        spreads = np.sqrt(OWN_SPREADS**2 + dating**2)
        error = (np.log(taken_s[seen] / planned_s[seen])[:, None, None] - _SHARED[:, None]) / spreads
        weight = weight + (-0.5 * np.minimum(error * error, 25.0) - np.log(spreads)).sum(0)
    wait = (waiting_planned_s > 0) & (waited_s > 0)
    if wait.any():
        late = (np.log(waited_s[wait] / waiting_planned_s[wait])[:, None, None] - _SHARED[:, None]) / OWN_SPREADS
        weight = weight + np.log(NEVER + (1 - NEVER) * (1 - ndtr(late))).sum(0)
    chance = np.exp(weight - weight.max())
    chance /= chance.sum()
    return Pace(np.asarray(_shares() @ chance.ravel()))


@cache
def _shares() -> Floats:
    """Share of arrivals before each logarithm of the grid, for every pair of a shared and an own part."""
    table = ndtr((_LOGS[:, None, None] - _SHARED[:, None]) / OWN_SPREADS)
    return np.asarray(table.reshape(len(_LOGS), -1))
