"""Points that wander: normal rows show fewer than two full swings of what moves them most.

Where such a point goes next can't be learned from these rows (a vessel that is still warming up, a level that was
filled during them). It stays out of the joint charts, which would call its way on a fault, and is judged alone by
how far it went, with a limit that knows how little was seen.
"""

import numpy as np

from .window import Floats

SWINGS = 2
SHARE = 0.25
SEEN = 3.0  # two full swings are as good as three independent values


def wandering_share(z: Floats) -> Floats:
    """Share of each column's variance in cosines of at most `SWINGS` full swings, 0 for what noise would show.

    The discrete cosine transform of type II; a straight line lies within its first terms."""
    rows = len(z)
    terms = 2 * SWINGS
    if rows <= terms + 1:
        return np.zeros(z.shape[1])
    deviation = z - z.mean(0)
    angles = np.pi * (np.arange(rows) + 0.5) / rows
    cosines = np.sqrt(2 / rows) * np.cos(np.outer(np.arange(1, terms + 1), angles))
    share = ((cosines @ deviation) ** 2).sum(0) / np.maximum((deviation * deviation).sum(0), 1e-300)
    by_chance = terms / (rows - 1)
    return np.asarray(np.maximum(share - by_chance, 0) / (1 - by_chance), float)


def far_off_limit(points: int, false_alarm_rate: float) -> float:
    """Standard deviations a wandering point may go off its mean, one of `points`: Student's t with two degrees of
    freedom, in closed form, for a further value beside `SEEN`."""
    tail = min(max(false_alarm_rate, 1e-9), 0.5) / (2 * max(points, 1))
    student = (1 - 2 * tail) / np.sqrt(2 * tail * (1 - tail))
    return float(student * np.sqrt(1 + 1 / SEEN))
