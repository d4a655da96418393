"""Whether a point slowly leaves its like, or its own days before. Pure.

The slope is Theil and Sen's: the median of the slopes between all pairs of days (P. K. Sen, JASA 63, 1968). Up to
29 % of the days may be wild without moving it. Its 95 % interval is Sen's, by Kendall's variance without ties.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

LEAST_DAYS = 7
WITH_PEERS = 0.02
ALONE = 0.05
"""Of the point's range: it must have gone so far. Alone nobody can tell drift from another way of running, so that it
takes more."""
_Z = NormalDist().inv_cdf(0.975)

Days = Sequence[tuple[int, float]]
"""Number of the day and the level on it, in order."""


@dataclass(frozen=True)
class Trend:
    """A robust line: ``slope`` a day with its interval, over ``days`` from first to last."""

    slope: float
    low: float
    high: float
    days: int

    @property
    def gone(self) -> float:
        """How far it has gone from the first day to the last."""
        return self.slope * self.days

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out a level line."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Drift:
    """``gone`` in the point's unit; ``share`` of its range; ``peers``: how many it was compared with, 0: itself."""

    trend: Trend
    share: float
    peers: int

    @property
    def gone(self) -> float:
        """How far it has gone."""
        return self.trend.gone


def trend(levels: Days) -> Trend | None:
    """The line through ``levels``; None for fewer than ``LEAST_DAYS``.

    Days 0 … 6 at 1, 2, 3, 4, 5, 6, 7: slope 1, interval 1 … 1, gone 6.
    """
    if len(levels) < LEAST_DAYS:
        return None
    slopes = sorted((y - x) / (b - a) for n, (a, x) in enumerate(levels) for b, y in levels[n + 1 :])
    n, pairs = len(levels), len(slopes)
    half = _Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(0, math.floor((pairs - half) / 2))]
    high = slopes[min(pairs - 1, math.ceil((pairs + half) / 2))]
    return Trend(median(slopes), low, high, levels[-1][0] - levels[0][0])


def drift(own: Days, scale: float, peers: Sequence[Days], others: Sequence[Days] = ()) -> Drift | None:
    """How the point drifts; None where it doesn't, or nobody can tell.

    ``scale``: the width of its range. ``peers``: points that measure the same at the same equipment: its distance to
    their median is looked at, so that both may follow the process. Of two the one is named whose own level moves more.
    Without peers its own level is looked at, and ``others`` (whatever else the equipment measures) must stand still:
    if one of them moves, the process does.
    """
    if scale <= 0:
        return None
    apart = _apart(own, peers) if peers else own
    line = trend(apart)
    wanted = WITH_PEERS if peers else ALONE
    if line is None or not line.sure or abs(line.gone) < wanted * scale:
        return None
    if len(peers) == 1 and _moves(own) < _moves(peers[0]):
        return None
    if not peers and any((moved := trend(other)) is not None and moved.sure for other in others):
        return None
    return Drift(line, abs(line.gone) / scale, len(peers))


def _apart(own: Days, peers: Sequence[Days]) -> list[tuple[int, float]]:
    """By how much the point lies above the median of its peers, on days that all have."""
    known: Sequence[Mapping[int, float]] = [dict(one) for one in peers]
    return [(day, level - median(one[day] for one in known)) for day, level in own if all(day in one for one in known)]


def _moves(levels: Days) -> float:
    line = trend(levels)
    return abs(line.gone) if line else 0.0
