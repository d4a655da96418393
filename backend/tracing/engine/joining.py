"""A learned normal and points it doesn't know: what is normal of both, without learning the first anew.

The later points take part as single points (their own spread, quantiles, autocorrelation) but in none of the charts:
their share in the plant's dynamics was never seen together with the others. All numbers of the first stay as they are.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from .normal import Normal
from .window import Floats

_SINGLE = ("centre", "scale", "median", "spread", "autocorrelation", "quantiles", "discrete", "presence", "longest")
_CHARTED = ("charted", "wandering", "switches")


def joined(normal: Normal, later: Normal) -> Normal:
    """`normal` with those points of `later` that it doesn't have, in their order."""
    new = [column for column, name in enumerate(later.points) if name not in normal.points]
    if not new:
        return normal
    changed: dict[str, Any] = {"points": normal.points + tuple(later.points[column] for column in new)}
    for name in _SINGLE:
        changed[name] = np.concatenate([getattr(normal, name), getattr(later, name)[new]])
    for name in _CHARTED:
        changed[name] = np.concatenate([getattr(normal, name), np.zeros(len(new))])
    return replace(normal, moments=_side_by_side(normal.moments, later.moments, new), **changed)


def _side_by_side(mine: Floats, theirs: Floats, new: list[int]) -> Floats:
    """Second moments of both, nothing known between them; none where one is too large to have any."""
    if not mine.size or not theirs.size:
        return np.zeros((0, 0))
    known = len(mine)
    out = np.zeros((known + len(new), known + len(new)))
    out[:known, :known] = mine
    out[known:, known:] = theirs[np.ix_(new, new)]
    return out
