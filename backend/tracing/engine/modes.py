"""Modes of work without a signal of their own: rows that lie in clusters far apart, in which the plant stays and to
which it comes back, as with two products or loads.

A cloud of rows is split in two where it is along one of its principal axes (two means in one dimension, exact by
sorting). One heap cut in two has its halves 2.65 standard deviations apart if it is normal, 3.5 if it is even, 4.1 if
it is a sine; from five on it is two heaps. Source: Hartigan, Clustering Algorithms (1975), ch. 4.
"""

import numpy as np
from numpy.typing import NDArray

from .window import Floats

MOST = 4
AXES = 3
APART = 5.0
LEAST_ROWS, LEAST_SHARE = 20, 0.03
LEAST_VISITS = 3
MOST_CHANGES = 0.1
VOTE = 9.0  # squared standard deviations: how much one point may say


def centres_of(z: Floats) -> tuple[Floats, Floats]:
    """Modes × points: where each mode lies; none where there is only one. And each point's spread within modes."""
    heaps = [np.arange(len(z))]
    done: list[NDArray[np.int64]] = []
    while heaps and len(heaps) + len(done) < MOST:
        heap = heaps.pop(0)
        parts = _parted(z[heap])
        if parts is None or not _lasting(len(z), [heap[part] for part in parts]):
            done.append(heap)
        else:
            heaps += [heap[part] for part in parts]
    done += heaps
    if len(done) < 2 or not z.shape[1]:
        return np.zeros((0, z.shape[1])), np.ones(z.shape[1])
    done.sort(key=lambda heap: int(heap[0]))
    centres = np.vstack([np.median(z[heap], axis=0) for heap in done])
    within = np.sqrt(sum(((z[heap] - c) ** 2).sum(0) for heap, c in zip(done, centres, strict=True)) / len(z))
    return centres, np.maximum(np.asarray(within, float), 1e-3)


def nearest(z: Floats, centres: Floats, within: Floats) -> NDArray[np.int64]:
    """Of each row the nearest mode. No point may say more than `VOTE`: one that is far off doesn't choose."""
    away = np.stack([np.minimum(((z - centre) / within) ** 2, VOTE).sum(-1) for centre in centres], axis=-1)
    return np.asarray(away.argmin(-1), np.int64)


def _parted(rows: Floats) -> list[NDArray[np.int64]] | None:
    """The two heaps in a cloud of rows, None where it is one."""
    count = len(rows)
    if count < 2 * LEAST_ROWS:
        return None
    deviation = rows - rows.mean(0)
    _, axes = np.linalg.eigh(deviation.T @ deviation)
    for axis in axes.T[::-1][:AXES]:
        along = deviation @ axis
        order = np.argsort(along, kind="stable")
        sums = np.cumsum(along[order])[:-1]
        left = np.arange(1, count)
        between = sums * sums / left + sums * sums / (count - left)  # the whole sum is 0
        cut = int(between.argmax()) + 1
        halves = [order[:cut], order[cut:]]
        spread = sum(float(along[half].var()) * len(half) for half in halves) / count
        apart = float(along[halves[1]].mean() - along[halves[0]].mean())
        if apart > APART * np.sqrt(max(spread, 1e-12)):
            return halves
    return None


def _lasting(rows: int, heaps: list[NDArray[np.int64]]) -> bool:
    """Whether the plant stayed in both and came back to both."""
    for heap in heaps:
        inside = np.zeros(rows, bool)
        inside[heap] = True
        visits = int(np.count_nonzero(np.diff(inside.astype(int), prepend=0) > 0))
        if len(heap) < max(LEAST_ROWS, LEAST_SHARE * rows) or not LEAST_VISITS <= visits <= MOST_CHANGES * rows:
            return False
    return True
