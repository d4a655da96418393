"""What entered the plant at a point, rather than came to it from others: four views that err in different ways.

| | given the drawn parents | given all other points |
|---|---|---|
| shock: what the learned dynamics don't predict | structural shock | partial innovation |
| level: the deviation as it stands | CIRCA residual | partial residual |

Shocks see the first rows, before controllers answer; levels see what lasts. The drawn plant says who may explain
whom; the view given all other points needs no plan and so doesn't suffer from a missing or reversed link, but
explains some roots away by their own effects. Sources: structural vector autoregression (Lütkepohl, New
Introduction to Multiple Time Series Analysis (2005), ch. 9); regression-based hypothesis testing (CIRCA, Li et al.,
KDD 2022); reconstruction-based contributions (Alcala & Qin, Automatica 45 (2009) 1593).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .charts import LAGS, innovations_of, precision_of, shrinkage_of
from .normal import Normal
from .window import Floats

RIDGE_SHARE = 2e-5
LEVEL_RIDGE = 0.03
LEAST_LEFT = 1e-4  # of a point's variance that its parents may leave


@dataclass(frozen=True, eq=False)
class Views:
    """Rows × points from the start on, each in standard deviations of its own in normal work.

    `drawn`: whether the plant graph gave any point a parent; without, the views given parents are the plain ones."""

    drawn: bool
    shock_given_parents: Floats
    shock_given_all: Floats
    level_given_parents: Floats
    level_given_all: Floats


def views_of(values: Floats, normal: Normal, parents: Mapping[str, Sequence[str]], start: int) -> Views:
    """Judge the rows of `values` (rows × points of the normal) from row `start` on."""
    place = {name: column for column, name in enumerate(normal.points)}
    above = [
        [place[p] for p in parents.get(name, ()) if p in place and normal.scale[place[p]] > 0] for name in normal.points
    ]
    z = normal.standardised(values)
    level = z[start:]
    shock, precision, covariance = _innovations(z, normal)
    shock = shock[start:]
    moments = normal.moments if normal.moments.size else np.diag((normal.scale > 0).astype(float))
    drawn = any(above)
    if drawn:
        shock_given_parents = _given_parents(shock, covariance, above)
    else:
        shock_given_parents = shock * np.sqrt(np.maximum(np.diagonal(precision), 0.0))
    return Views(
        drawn,
        shock_given_parents,
        _given_all(shock, precision),
        _given_parents(level, moments, above),
        _given_all(level, _inverse(moments + LEVEL_RIDGE * np.eye(len(level.T)))),
    )


def _innovations(z: Floats, normal: Normal) -> tuple[Floats, Floats, Floats]:
    """Rows × points, what the learned dynamics don't predict; its precision; its second moments without what these
    were shrunk by. Points that are modelled in different groups are taken as independent.

    A point outside the joint model (it wanders, or came later) is predicted by itself alone: first-order
    autoregression, of which a standardised point leaves 1 − ρ²."""
    points = z.shape[1]
    rows, precision = innovations_of(normal.joint, z * normal.charted), precision_of(normal.joint, points)
    covariance = np.zeros((points, points))
    for group in normal.joint.members:
        columns = group[group >= 0]
        shrinkage = shrinkage_of(len(columns), normal.rows - LAGS)
        covariance[np.ix_(columns, columns)] = _unshrunk(precision[np.ix_(columns, columns)], shrinkage)
    alone = np.flatnonzero((normal.charted <= 0) & (normal.discrete <= 0) & (normal.scale > 0))
    own = normal.autocorrelation[alone]
    rows[1:, alone] = z[1:, alone] - own * z[:-1, alone]
    covariance[alone, alone] = 1 - own * own
    precision[alone, alone] = 1 / (1 - own * own)
    return rows, precision, covariance


def _given_parents(rows: Floats, moments: Floats, above: Sequence[Sequence[int]]) -> Floats:
    """Residual of each column's regression on its parents, in standard deviations of that residual."""
    out = np.array(rows)
    variance = np.diagonal(moments)
    for column, parents in enumerate(above):
        own = float(variance[column])
        used = [parent for parent in parents if variance[parent] > 0]
        if own <= 0:
            continue
        if not used:
            out[:, column] = rows[:, column] / np.sqrt(own)
            continue
        shared = moments[np.ix_(used, used)] + RIDGE_SHARE * float(variance[used].mean()) * np.eye(len(used))
        weights = np.linalg.solve(shared, moments[used, column])
        left = own - float(weights @ moments[used, column])
        out[:, column] = (rows[:, column] - rows[:, used] @ weights) / np.sqrt(max(left, LEAST_LEFT * own))
    return out


def _given_all(rows: Floats, precision: Floats) -> Floats:
    """Residual of each column's regression on all others, from the precision matrix, in standard deviations."""
    return np.asarray((rows @ precision) / np.sqrt(np.maximum(np.diagonal(precision), 1e-12)))


def _unshrunk(precision: Floats, shrinkage: float) -> Floats:
    """Second moments of innovations from their shrunk precision."""
    shrunk = _inverse(precision)
    size = len(shrunk)
    mean = float(np.trace(shrunk)) / max(size + shrinkage * size, 1e-9)
    return np.asarray(shrunk - shrinkage * mean * np.eye(size))


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix)) if len(matrix) and np.any(matrix) else np.zeros_like(matrix)
