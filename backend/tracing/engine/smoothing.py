"""Exponential averages of many columns at once.

scipy.signal has the same as a filter, but takes most of a second to import in every process that starts.
"""

import numpy as np

from .window import Floats

BLOCK = 64
"""Rows that one product of matrices averages."""


def exponential_average(rows: Floats, weight: float) -> Floats:
    """Rows × columns: y_t = weight · x_t + (1 − weight) · y_{t−1} down every column, from y = 0.

    What is not finite spoils its column from there on and nothing before it.
    """
    keep = 1.0 - weight
    steps = np.arange(BLOCK)
    shares = np.tril(weight * keep ** np.maximum(steps[:, None] - steps, 0.0))
    fading = keep ** (steps + 1.0)
    averages = np.empty(rows.shape)
    level = np.zeros(rows.shape[1])
    at = 0
    while at < len(rows):
        block = rows[at : at + BLOCK]
        if not np.isfinite(block).all():
            block = block[:1]  # a product would carry it to the rows before
        n = len(block)
        averages[at : at + n] = shares[:n, :n] @ block + np.outer(fading[:n], level)
        level = averages[at + n - 1]
        at += n
    return averages
