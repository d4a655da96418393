"""The joint charts: a ridge VAR's one-step residuals, plain and exponentially averaged, as Mahalanobis distance.

The plain chart sees sudden breaks, the averaged one small lasting shifts; the model of the dynamics keeps what
the plant does by itself out of both. Sources: see normal.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .window import Floats

LAGS = 2
AVERAGING = (1.0, 0.2)
RIDGE = 30.0
SHRINKAGE = 0.03


@dataclass(frozen=True, eq=False)
class Joint:
    """`coefficients`: (lags · points) × points; `precisions`: charts × points × points."""

    coefficients: Floats
    precisions: Floats


def fit_joint(parts: Sequence[Floats]) -> Joint:
    """Fit on stretches of standardised rows (each in order of time, none joined to another)."""
    points = parts[0].shape[1]
    before = np.vstack([lagged(part)[LAGS:] for part in parts])
    now = np.vstack([part[LAGS:] for part in parts])
    gram = before.T @ before + RIDGE * np.eye(points * LAGS)
    coefficients = np.asarray(np.linalg.solve(gram, before.T @ now), float)
    errors = [part - lagged(part) @ coefficients for part in parts]
    precisions = np.stack([_precision(np.vstack([averaged(e, weight)[LAGS:] for e in errors])) for weight in AVERAGING])
    return Joint(coefficients, precisions)


def statistics_of(joint: Joint, z: Floats) -> Floats:
    """Rows × charts: squared Mahalanobis distance of the residuals; 0 for the first `LAGS` rows."""
    errors = z - lagged(z) @ joint.coefficients
    errors[:LAGS] = 0.0  # a prediction needs the rows it starts from
    charts = [
        np.einsum("ij,ij->i", mean @ precision, mean)
        for mean, precision in ((averaged(errors, w), p) for w, p in zip(AVERAGING, joint.precisions, strict=True))
    ]
    return np.stack(charts, axis=1)


def lagged(z: Floats) -> Floats:
    """The `LAGS` rows before each row, side by side; before the first row stands the first row."""
    if not len(z):
        return np.zeros((0, z.shape[1] * LAGS))
    return np.hstack(
        [
            np.vstack([np.repeat(z[:1], min(lag, len(z)), axis=0), z[: max(len(z) - lag, 0)]])
            for lag in range(1, LAGS + 1)
        ]
    )


def averaged(rows: Floats, weight: float) -> Floats:
    """Exponential average over time, from nothing (Lowry et al.): one noisy row is no lasting shift."""
    if weight >= 1 or not len(rows):
        return rows
    out = np.empty_like(rows)
    mean = np.zeros(rows.shape[1])
    for index, row in enumerate(rows):
        mean += weight * (row - mean)
        out[index] = mean
    return out


def _precision(errors: Floats) -> Floats:
    """Inverse of the residuals' second moments, shrunk to the mean variance of the points that vary."""
    points = errors.shape[1]
    if not len(errors) or not points:
        return np.zeros((points, points))
    moments = errors.T @ errors / len(errors)
    varying = int(np.count_nonzero(np.diag(moments) > 1e-18))
    mean = float(np.trace(moments)) / max(varying, 1)
    if mean <= 0:
        return np.zeros((points, points))
    return np.asarray(np.linalg.inv(moments + SHRINKAGE * mean * np.eye(points)))
