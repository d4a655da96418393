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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .charts import LAGS, SHRINKAGE, lagged
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
    level = normal.standardised(values)[start:]
    shock, precision, covariance = _innovations(values, normal)
    shock = shock[start:]
    drawn = any(above)
    if drawn:
        shock_given_parents = _given_parents(shock, covariance, above)
    else:
        shock_given_parents = shock * np.sqrt(np.maximum(np.diagonal(precision), 0.0))
    shock_given_all = _given_all(shock, precision)
    if len(normal.moments) != len(normal.points):  # too many points for joint moments: levels stand for themselves
        return Views(drawn, shock_given_parents, shock_given_all, level, level)
    return Views(
        drawn,
        shock_given_parents,
        shock_given_all,
        _given_parents(level, normal.moments, above),
        _given_all(level, _inverse(normal.moments + LEVEL_RIDGE * np.eye(len(level.T)))),
    )


def _innovations(values: Floats, normal: Normal) -> tuple[Floats, Floats, Floats]:
    """What the learned dynamics didn't predict (rows × points), its precision, and its second moments without what
    these were shrunk by. Points that are modelled in groups are taken as independent between groups; of a point that
    wanders, its steps stand in."""
    charted = normal.for_charts(values)
    points = charted.shape[1]
    shock, precision, covariance = np.zeros_like(charted), np.zeros((points, points)), np.zeros((points, points))
    for columns, coefficients, inverse, shrinkage in _groups(normal):
        part = charted[:, columns]
        shock[:, columns] = part - lagged(part) @ coefficients
        precision[np.ix_(columns, columns)] = inverse
        covariance[np.ix_(columns, columns)] = _unshrunk(inverse, normal.charted[columns], shrinkage)
    wandering = np.flatnonzero(getattr(normal, "wandering", np.zeros(points)) > 0)
    if len(wandering):
        level = normal.standardised(values)[:, wandering]
        variance = np.maximum(2 * (1 - normal.autocorrelation[wandering]), 1e-6)
        shock[:, wandering] = np.diff(level, axis=0, prepend=level[:1])
        precision[wandering, wandering], covariance[wandering, wandering] = 1 / variance, variance
    return shock, precision, covariance


def _groups(normal: Normal) -> Iterator[tuple[NDArray[np.intp], Floats, Floats, float]]:
    """Columns, coefficients, precision and shrinkage of each group of points that is modelled together."""
    joint, everything = normal.joint, np.arange(len(normal.points))
    members = getattr(joint, "members", None)
    if members is None:
        yield everything, joint.coefficients, joint.precisions[0], SHRINKAGE
        return
    size = members.shape[1]
    for group, row in enumerate(members):
        columns = row[row >= 0].astype(np.intp)
        count = len(columns)
        places = np.concatenate([lag * size + np.arange(count) for lag in range(LAGS)])
        crowding = min(1.0, count / max(normal.rows - LAGS, 1))
        coefficients = joint.coefficients[group][places, :count]
        yield columns, coefficients, joint.precisions[0][group][:count, :count], max(SHRINKAGE * crowding, 1e-6)


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


def _unshrunk(precision: Floats, charted: Floats, shrinkage: float) -> Floats:
    """Second moments of the innovations: the inverse of their precision, without what it was shrunk by."""
    shrunk = _inverse(precision)
    size = len(shrunk)
    mean = float(np.trace(shrunk)) / max(np.count_nonzero(charted) + shrinkage * size, 1e-9)
    return np.asarray(shrunk - shrinkage * mean * np.eye(size)) * np.outer(charted, charted)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix)) if len(matrix) and np.any(matrix) else np.zeros_like(matrix)
