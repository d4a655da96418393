"""What the plant does next if whatever entered goes on: the learned dynamics played forward from the present.

The joint model of the normal says how all points follow each other; what its one-step predictions have missed since
the start is taken as an influence from outside that stays (intervention analysis: Box & Tiao, JASA 70 (1975) 70).
Played forward with it and with resampled errors, the model shows where each point is going to: controllers take
their part back, slow points still come. How sure the influence is decides how much of it is played (James & Stein).
"""

from dataclasses import dataclass

import numpy as np

from .charts import LAGS, dynamics_of, innovations_of
from .normal import Normal
from .window import Floats, Window

HORIZON_ROWS = 240
MOST_POINTS = 2000
COURSES = 4
LEAST_ERRORS = 20
DOUBT = 4.0  # an influence within two standard errors isn't believed at all
Z_MOST = 30.0
SEED = 20_26


@dataclass(frozen=True, eq=False)
class Forecast:
    """`mean`: rows ahead × points, standard deviations from normal; `values`: made-up readings of some courses,
    (courses · rows) × points, in the points' own units."""

    mean: Floats
    values: Floats


def foresee(window: Window, normal: Normal, start: int) -> Forecast | None:
    """Play the plant forward from the end of a window that deviates since row `start`; None without a joint model."""
    points = len(normal.points)
    if not 0 < points <= MOST_POINTS or window.rows <= LAGS + 2 or not normal.charted.any():
        return None
    z = np.clip(normal.for_charts(window.values), -Z_MOST, Z_MOST)
    errors = innovations_of(normal.joint, z)[LAGS:]
    since = min(max(start - LAGS, 0), len(errors) - 2)
    influence = _believed(errors[since:])
    pool = errors[max(min(since, len(errors) - LEAST_ERRORS), 0) :]
    pool = pool - pool.mean(0)
    # Whole rows are drawn, so that points which err together still do, in whatever order they stand.
    drawn = pool[np.random.default_rng(SEED).integers(0, len(pool), (HORIZON_ROWS, COURSES))]
    drawn[:, 0] = 0.0  # the first course is the mean one
    pushed = (drawn + influence).astype(np.float32)  # single precision: the time goes into these products
    following = dynamics_of(normal.joint, points).astype(np.float32)
    before = [np.repeat(z[-lag][None], COURSES, 0).astype(np.float32) for lag in range(1, LAGS + 1)]
    out = np.empty((HORIZON_ROWS, COURSES, points))
    for row in range(HORIZON_ROWS):
        now = np.clip(np.hstack(before) @ following + pushed[row], -Z_MOST, Z_MOST)
        out[row] = now
        before = [now, *before[:-1]]
    noisy = out[:, 1:].reshape(-1, points)
    return Forecast(out[:, 0], noisy * normal.scale + normal.centre)


def _believed(errors: Floats) -> Floats:
    """Mean error, less the more it could be chance."""
    mean = errors.mean(0)
    chance = errors.var(0) / len(errors)
    return np.asarray(mean * np.maximum(0.0, 1 - DOUBT * chance / np.maximum(mean * mean, 1e-18)))
