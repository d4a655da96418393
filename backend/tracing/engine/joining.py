"""A learned normal and points it doesn't know: what is normal of both, without learning the first anew.

The later points take part as single points (their own spread, quantiles, autocorrelation) but not in the joint charts:
their share in the plant's dynamics was never seen together with the others. All numbers of the first stay as they are.
"""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from .normal import Normal

_OF_THE_CHARTS = {"chart_scale", "held_out"}
"""Of the whole, not of single points, though there may happen to be as many."""


def joined(normal: Normal, later: Normal) -> Normal:
    """`normal` with those points of `later` that it doesn't have, in their order."""
    new = [column for column, name in enumerate(later.points) if name not in normal.points]
    if not new:
        return normal
    known, added = len(normal.points), len(new)
    changed: dict[str, Any] = {"points": normal.points + tuple(later.points[column] for column in new)}
    for field in fields(normal):
        mine, theirs = getattr(normal, field.name), getattr(later, field.name)
        if field.name == "charted":
            changed[field.name] = np.concatenate([mine, np.zeros(added)])
        elif field.name == "moments":
            changed[field.name] = _widened(mine, known, added)
            changed[field.name][known:, known:] = theirs[np.ix_(new, new)]
        elif field.name in _OF_THE_CHARTS or hasattr(mine, "members"):
            continue  # of the whole; or a joint model that names its points by column, and later ones come after those
        elif isinstance(mine, np.ndarray) and mine.shape[:1] == (known,) and theirs.shape[1:] == mine.shape[1:]:
            changed[field.name] = np.concatenate([mine, theirs[new]])
        elif is_dataclass(mine) and not isinstance(mine, type):
            parts = {part.name: _widened(getattr(mine, part.name), known, added) for part in fields(mine)}
            changed[field.name] = replace(mine, **parts)
    return replace(normal, **changed)


def _widened(value: Any, known: int, added: int) -> Any:
    """`value` with zeros for the added points along each axis that counts points (or points for several lags)."""
    if not isinstance(value, np.ndarray) or not known:
        return value
    for axis, size in enumerate(value.shape):
        if size and size % known == 0 and (value.ndim < 3 or axis):
            blocks = np.split(value, size // known, axis=axis)
            gap = np.zeros([added if a == axis else s for a, s in enumerate(blocks[0].shape)])
            value = np.concatenate([part for block in blocks for part in (block, gap)], axis=axis)
    return value
