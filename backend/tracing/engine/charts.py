"""The joint charts: a ridge VAR's one-step residuals, plain and exponentially averaged, as Mahalanobis distance.

The plain chart sees sudden breaks, the averaged ones small lasting shifts; the model of the dynamics keeps what
the plant does by itself out of all. Points are modelled in groups of bounded size (grouping.py): each group has its
own charts. Sources: see normal.py and docs/tracing/detect.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .inputs import Inputs
from .smoothing import exponential_average
from .window import Floats

LAGS = 2
AVERAGING = (1.0, 0.35, 0.06)
QUICK = 1  # the chart whose average says whether a slower one still holds
RIDGE_A_REGRESSOR = 3.0
RIDGE_AN_INPUT = 3.0
SHRINKAGE = 0.3
LEAST_SHRINKAGE = 1e-6
USUAL, CAP = 0.99, 4.0


@dataclass(frozen=True, eq=False)
class Joint:
    """`weights`: averaging of each chart; `members`: groups × size, columns of the points, −1 where a group is
    smaller; `coefficients`: groups × (lags · size) × size; `precisions`: charts × groups × size × size; `caps`:
    one a group, the largest plain distance that an averaged chart takes in full; `driven`: groups × inputs × size, what
    the inputs add to the prediction."""

    weights: Floats
    members: NDArray[np.int64]
    coefficients: Floats
    precisions: Floats
    caps: Floats
    inputs: Inputs
    driven: Floats

    @property
    def statistics(self) -> int:
        """How many statistics a row has: one a chart and group, chart by chart."""
        return len(self.weights) * len(self.members)


@dataclass(frozen=True, eq=False)
class Stretch:
    """Standardised rows in order of time, and what they were judged under: rows × groups × inputs."""

    z: Floats
    given: Floats


def fit_joint(parts: Sequence[Stretch], members: NDArray[np.int64], inputs: Inputs, taken: NDArray[np.bool_]) -> Joint:
    """Fit on stretches of rows, none joined to another. `taken`: groups × inputs × size, which input foretells which
    point."""
    groups, size = members.shape
    coefficients = np.zeros((groups, LAGS * size, size))
    driven = np.zeros((groups, inputs.width, size))
    precisions = np.zeros((len(AVERAGING), groups, size, size))
    caps = np.full(groups, np.inf)
    for group, row in enumerate(members):
        columns = row[row >= 0]
        kept = [Stretch(part.z[:, columns], part.given[:, group]) for part in parts]
        fitted, by_inputs = coefficients_of(kept, taken[group, :, : len(columns)])
        errors = [part.z - lagged(part.z) @ fitted - part.given @ by_inputs for part in kept]
        places = np.concatenate([lag * size + np.arange(len(columns)) for lag in range(LAGS)])
        coefficients[group, places, : len(columns)] = fitted
        driven[group, :, : len(columns)] = by_inputs
        plain = np.vstack([error[LAGS:] for error in errors])
        moments = _regular(plain.T @ plain / max(len(plain), 1), shrinkage_of(len(columns), len(plain)))
        distance = distances(plain, _inverse(moments))
        caps[group] = CAP * float(np.quantile(distance, USUAL)) if len(distance) else np.inf
        held = [error * shrinking(distances(error, _inverse(moments)), caps[group]) for error in errors]
        for chart, precision in enumerate(_precisions(moments, held)):
            precisions[chart, group, : len(columns), : len(columns)] = precision
    return Joint(np.array(AVERAGING), members, coefficients, precisions, caps, inputs, driven)


def residuals_of(joint: Joint, z: Floats, group: int, given: Floats | None = None) -> Floats:
    """Rows × points of one group: one-step residuals; 0 for the first `LAGS` rows. `given`: rows × groups × inputs;
    left out, what the inputs explain stays in the residuals."""
    columns = joint.members[group][joint.members[group] >= 0]
    size = joint.members.shape[1]
    places = np.concatenate([lag * size + np.arange(len(columns)) for lag in range(LAGS)])
    rows = z[:, columns]
    errors = np.asarray(rows - lagged(rows) @ joint.coefficients[group][places, : len(columns)], float)
    if given is not None:
        errors -= given[:, group] @ joint.driven[group][:, : len(columns)]
    errors[:LAGS] = 0.0  # a prediction needs the rows it starts from
    return errors


def statistics_of(joint: Joint, z: Floats, given: Floats) -> Floats:
    """Rows × (charts · groups): squared Mahalanobis distance of the residuals; 0 for the first `LAGS` rows."""
    groups = len(joint.members)
    out = np.zeros((len(z), joint.statistics))
    for group in range(groups):
        errors = residuals_of(joint, z, group, given)
        points = errors.shape[1]
        precisions = joint.precisions[:, group, :points, :points]
        held = errors * shrinking(distances(errors, precisions[0]), joint.caps[group])
        means = [averaged(held, float(weight)) if weight < 1 else errors for weight in joint.weights]
        for chart, mean in enumerate(means):
            distance = distances(mean, precisions[chart])
            if chart > QUICK:
                along = np.einsum("ij,ij->i", means[QUICK] @ precisions[chart], mean)
                distance = distance * support(along, distance)
            out[:, chart * groups + group] = distance
    return out


def distances(rows: Floats, precision: Floats) -> Floats:
    """Squared Mahalanobis distance of each row."""
    return np.asarray(np.einsum("ij,ij->i", rows @ precision, rows), float)


def shrinking(distance: Floats, cap: Floats | float) -> Floats:
    """Rows × 1: what brings a row to the cap. A row counts in the averages as far as it is like others: else the
    memory of one great disturbance would alarm long after it (Huber's bounded influence)."""
    return np.asarray(np.sqrt(np.minimum(1.0, cap / np.maximum(distance, 1e-300)))[:, None], float)


def support(along: Floats, distance: Floats) -> Floats:
    """How far the quick average still goes the way of a slow one: 1 from half of its length on, towards 0 when what
    moved the slow one is over, whose memory would go on alarming. `along`: product of both, `distance`: of the slow
    one with itself."""
    return np.asarray(np.clip(2 * along / np.maximum(distance, 1e-300), 0.0, 1.0) ** 2, float)


def innovations_of(joint: Joint, z: Floats) -> Floats:
    """Rows × points: one-step residuals of all groups; 0 for points of none."""
    out = np.zeros_like(z)
    for group, row in enumerate(joint.members):
        out[:, row[row >= 0]] = residuals_of(joint, z, group)
    return out


def dynamics_of(joint: Joint, points: int) -> Floats:
    """(lags · points) × points: coefficients of all groups in one; points of different groups don't act on another."""
    size = joint.members.shape[1]
    out = np.zeros((LAGS * points, points))
    for group, row in enumerate(joint.members):
        columns = row[row >= 0]
        for lag in range(LAGS):
            part = joint.coefficients[group, lag * size : lag * size + len(columns), : len(columns)]
            out[np.ix_(lag * points + columns, columns)] = part
    return out


def precision_of(joint: Joint, points: int) -> Floats:
    """Points × points: inverse second moments of the plain residuals of all groups in one."""
    out = np.zeros((points, points))
    for group, row in enumerate(joint.members):
        columns = row[row >= 0]
        out[np.ix_(columns, columns)] = joint.precisions[0, group, : len(columns), : len(columns)]
    return out


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
    return exponential_average(rows, weight)


def coefficients_of(parts: Sequence[Stretch], taken: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Ridge regression on the rows before, (lags · points) × points, and on the inputs, inputs × points, each point on
    those it takes. The penalty grows with the number of points, so that the share of the movement the model expects to
    explain beforehand stays the same, however many points there are."""
    before = np.vstack([lagged(part.z)[LAGS:] for part in parts])
    now = np.vstack([part.z[LAGS:] for part in parts])
    regressors = np.hstack([before, np.vstack([part.given[LAGS:] for part in parts])])
    gram, moved, lags = regressors.T @ regressors, regressors.T @ now, before.shape[1]
    penalty = np.concatenate([np.full(lags, RIDGE_A_REGRESSOR * lags), np.full(len(taken), RIDGE_AN_INPUT)])
    gram[np.diag_indices_from(gram)] += penalty
    coefficients, driven = np.zeros((lags, now.shape[1])), np.zeros(taken.shape)
    patterns, of_point = np.unique(taken, axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        columns = np.flatnonzero(of_point.reshape(-1) == number)
        used = np.flatnonzero(np.concatenate([np.ones(lags, bool), pattern]))
        solved = np.linalg.solve(gram[np.ix_(used, used)], moved[np.ix_(used, columns)])
        coefficients[:, columns] = solved[:lags]
        driven[np.ix_(pattern, columns)] = solved[lags:]
    return coefficients, driven


def _precisions(moments: Floats, errors: Sequence[Floats]) -> list[Floats]:
    """Inverse second moments of the residuals for each chart; `moments`: of the plain ones.

    Averaged rows are few independent ones. Where they are too few for their own moments, the moments that
    unconnected residuals would give, weight / (2 − weight) of the plain ones, stand in."""
    rows, points = sum(max(len(error) - LAGS, 0) for error in errors), len(moments)
    out = []
    for weight in AVERAGING:
        part = weight / (2 - weight)
        expected = moments * part
        if weight < 1:
            slow = np.vstack([averaged(error, weight)[LAGS:] for error in errors])
            trust = rows * part / max(rows * part + points, 1)
            expected = trust * (slow.T @ slow / max(rows, 1)) + (1 - trust) * expected
        out.append(_inverse(expected))
    return out


def shrinkage_of(points: int, rows: int) -> float:
    """How far second moments are shrunk to the mean variance: the more the fewer rows there are a point."""
    return max(SHRINKAGE * min(1.0, points / max(rows, 1)), LEAST_SHRINKAGE)


def _regular(moments: Floats, shrinkage: float) -> Floats:
    """Shrunk to the mean variance of the points that vary."""
    points = len(moments)
    varying = int(np.count_nonzero(np.diag(moments) > 1e-18))
    mean = float(np.trace(moments)) / max(varying, 1)
    return moments + shrinkage * mean * np.eye(points)


def _inverse(moments: Floats) -> Floats:
    if not len(moments) or float(np.trace(moments)) <= 0:
        return np.zeros_like(moments)
    return np.asarray(np.linalg.inv(moments), float)
