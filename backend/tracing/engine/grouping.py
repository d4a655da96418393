"""Groups of points that are modelled together, of bounded size: cost and memory grow with the number of points,
not with its square. A plant of up to `MOST` moving points is one group."""

import numpy as np
from numpy.typing import NDArray

from .window import Floats

MOST = 64
ROWS_LOOKED_AT = 400


def groups_of(z: Floats, charted: Floats) -> NDArray[np.int64]:
    """Groups × size: columns of the charted points of standardised rows, −1 where a group is smaller.

    Leader clustering: the liveliest point that is left takes the points that go with it most closely. Which columns
    stand where doesn't matter."""
    left = np.flatnonzero(charted > 0)
    if len(left) <= MOST:
        return left.reshape(1, -1).astype(np.int64) if len(left) else np.zeros((0, 0), np.int64)
    rows = z[:: max(1, len(z) // ROWS_LOOKED_AT)]
    liveliness = np.abs(np.diff(rows, axis=0)).sum(0)
    found: list[NDArray[np.int64]] = []
    while len(left):
        leader = left[int(np.argmax(liveliness[left]))]
        closeness = np.abs(rows[:, leader] @ rows[:, left])
        closeness[left == leader] = np.inf
        taken = np.argsort(-closeness, kind="stable")[:MOST]
        found.append(np.sort(left[taken]))
        left = np.delete(left, taken)
    members = np.full((len(found), MOST), -1, np.int64)
    for group, columns in enumerate(found):
        members[group, : len(columns)] = columns
    return members
