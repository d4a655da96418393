"""How long until a point reaches a limit, if it goes on as it does, with an interval; honest where it goes nowhere.

The slope is the median of all pairs' slopes (Sen, JASA 63 (1968) 1379), which a few wild readings don't move. Whether
there is a trend at all is asked by Mann and Kendall's test. Both widen for rows that hang together: the variance of
the test grows by (1 + ρ) / (1 − ρ), ρ the autocorrelation left beside the trend (Hamed & Rao, Journal of Hydrology 204
(1998) 182; ρ corrected for its bias, Kendall, Biometrika 41 (1954) 403), so that a wanderer isn't taken for a trend.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from .window import Floats, Window

LEAST_ROWS = 8
MOST_ROWS = 300
SURE = 0.99  # of a trend, two-sided
WITHIN = 0.90  # of the interval


@dataclass(frozen=True, slots=True)
class TimeToLimit:
    """Seconds from the window's last row; a limit that is passed already is 0 away."""

    earliest: float
    likely: float
    latest: float


def time_to_limit(window: Window, point: str, limit: float) -> TimeToLimit | None:
    """When `point` reaches `limit` at its present trend over the window: an interval that holds the true moment in
    nine of ten cases. None: it has no trend towards the limit, or there are too few readings to tell.

    Raises ValueError for a point that isn't in the window or a limit that is no number."""
    if point not in window.points:
        raise ValueError(f"no such point in the window: {point}")
    if not np.isfinite(limit):
        raise ValueError("a limit is a number")
    values = window.values[:, window.points.index(point)]
    there = np.flatnonzero(np.isfinite(values))
    if len(there) < LEAST_ROWS:
        return None
    there = there[np.unique(np.linspace(0, len(there) - 1, min(len(there), MOST_ROWS)).astype(int))]
    return _reached(window.times_s[there] - window.times_s[-1], values[there], float(limit))


def _reached(times: Floats, values: Floats, limit: float) -> TimeToLimit | None:
    first, second = np.triu_indices(len(times), 1)
    slopes = np.sort((values[second] - values[first]) / (times[second] - times[first]))
    slope = float(np.median(slopes))
    left = values - slope * times
    level = float(np.median(left))
    rows = len(times)
    wider = rows / _independent(left - level)
    spread = np.sqrt(rows * (rows - 1) * (2 * rows + 5) / 18 * wider)
    concordance = float(np.sign(slopes).sum())
    if abs(concordance) - 1 <= float(ndtri((1 + SURE) / 2)) * spread:
        return None
    reach = float(ndtri((1 + WITHIN) / 2))
    off = int(np.ceil(reach * spread / 2))
    middle = len(slopes) // 2
    gentle, steep = sorted(
        (abs(float(slopes[max(middle - off, 0)])), abs(float(slopes[min(middle + off, len(slopes) - 1)])))
    )
    toward = limit - level
    if toward * slope <= 0:
        passed = (limit - level - slope * float(times[0])) * slope > 0
        return TimeToLimit(0.0, 0.0, 0.0) if passed else None
    distance = abs(toward)
    unsure = reach * 1.4826 * float(np.median(np.abs(left - level))) * np.sqrt(wider / rows)
    return TimeToLimit(
        max(distance - unsure, 0.0) / steep, distance / abs(slope), (distance + unsure) / max(gentle, 1e-300)
    )


def _independent(left: Floats) -> float:
    """How many independent rows these are, by their autocorrelation at lag one."""
    rows = len(left)
    deviation = left - left.mean()
    power = float(deviation @ deviation)
    if power <= 0:
        return float(rows)
    rho = float(deviation[1:] @ deviation[:-1]) / power
    rho = min(max(rho + (1 + 4 * rho) / rows, 0.0), 0.99)
    return max(rows * (1 - rho) / (1 + rho), 1.0)
