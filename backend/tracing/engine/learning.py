"""Learning what is normal from rows known to be free of faults.

Per point: location, spread, autocorrelation, quantiles, whether it takes few values, whether it wanders. Jointly: a
ridge vector autoregression (VAR) of the standardised points and the spread of its residuals, plain and exponentially
averaged. The limits of the joint charts come from rows the model hasn't seen (cross-validation by blocks of
time), so that a chosen false-alarm rate holds outside the training rows too.

Sources: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), ch. 3 (VAR); Lowry et al.,
Technometrics 34 (1992) 46 (multivariate EWMA chart); Bergmeir & Benítez, Information Sciences 191 (2012) 192
(blocked cross-validation of dependent data). The rest: docs/tracing/detect.md.
"""

import numpy as np
from numpy.typing import NDArray

from .charts import AVERAGING, fit_joint, statistics_of
from .grouping import groups_of
from .limits import Reference, reference_of
from .normal import Normal
from .novelty import quiet_rows
from .wandering import SHARE, wandering_share
from .window import Floats, Window, carried_forward

QUANTILES = 41
FOLDS = 4
FEW_VALUES = 12
SWITCH_VALUES = 2
MOST_MOMENTS = 2000
"""More points than this have no table of second moments: it would grow with the square of their number."""


def learn_normal(window: Window) -> Normal:
    """Learn from rows known to be fault-free. Any number of rows is taken, none too: what can't be learned
    (constant points, no rows) raises no alarm later."""
    values = window.values
    median, spread, quantiles = _singles(values)
    filled = carried_forward(values, median)
    centre = filled.mean(0) if window.rows else median
    scale = _scale(filled, centre)
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    z = (filled - centre) * inverse
    distinct = _distinct(values)
    moving = (distinct > SWITCH_VALUES) & (scale > 0)
    wandering = np.where(moving & (wandering_share(z) > SHARE), 1.0, 0.0)
    charted = np.where(moving, 1.0, 0.0) - wandering
    members = groups_of(z, charted)
    presence = (~np.isnan(values)).mean(0) if window.rows else np.zeros(len(median))
    switches = np.where((distinct <= SWITCH_VALUES) & (presence > 0), 1.0, 0.0)
    few = max(SWITCH_VALUES, min(FEW_VALUES, window.rows // 10))
    return Normal(
        window.points,
        window.rows,
        window.step_s,
        centre,
        scale,
        charted,
        wandering,
        switches,
        median,
        spread,
        _autocorrelation(z),
        quantiles,
        np.where(distinct <= few, 1.0, 0.0),
        presence,
        z.T @ z / max(len(z), 1) if z.shape[1] <= MOST_MOMENTS else np.zeros((0, 0)),
        quiet_rows(values, switches),
        fit_joint([z], members),
        _held_out(z, members),
    )


def _singles(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Median, spread and quantiles of each column without its gaps; a column of gaps gets 0."""
    columns = values.shape[1]
    quantiles = np.zeros((columns, QUANTILES))
    deviation = np.zeros(columns)
    for column in range(columns):
        present = values[:, column][~np.isnan(values[:, column])]
        if len(present):
            quantiles[column] = np.quantile(present, np.linspace(0, 1, QUANTILES))
            deviation[column] = present.std()
    median = quantiles[:, QUANTILES // 2].copy()
    quarter = (QUANTILES - 1) // 4
    spread = (quantiles[:, 3 * quarter] - quantiles[:, quarter]) / 1.349
    # A point that hardly ever moves has no interquartile range: its rare moves still set a scale.
    spread = np.maximum(spread, 0.1 * deviation)
    spread = np.where(spread > 1e-12 * np.maximum(np.abs(median), 1e-300), spread, 0.0)
    return median, spread, quantiles


def _scale(filled: Floats, centre: Floats) -> Floats:
    if len(filled) < 2:
        return np.zeros_like(centre)
    deviation: Floats = filled.std(0)
    return np.where(deviation > 1e-10 * np.maximum(np.abs(centre), 1e-300), deviation, 0.0)


def _autocorrelation(z: Floats) -> Floats:
    """Lag-one autocorrelation within 0 … 0.995."""
    if len(z) < 3:
        return np.zeros(z.shape[1])
    now, before = z[1:], z[:-1]
    norm = np.maximum((z * z).sum(0), 1e-12)
    return np.asarray(np.clip((now * before).sum(0) / norm, 0.0, 0.995))


def _distinct(values: Floats) -> Floats:
    """How many different values each point takes."""
    return np.array([float(len(np.unique(column[~np.isnan(column)]))) for column in values.T])


def _held_out(z: Floats, members: NDArray[np.int64]) -> Reference:
    """The charts' statistics on rows they weren't fitted on."""
    folds = min(FOLDS, len(z) // 5)
    if folds < 2 or not members.size:
        return reference_of(np.zeros((0, len(AVERAGING) * len(members))), np.array(AVERAGING))
    edges = np.linspace(0, len(z), folds + 1).astype(int)
    parts = []
    for fold in range(folds):
        start, stop = edges[fold], edges[fold + 1]
        kept = [part for part in (z[:start], z[stop:]) if len(part)]
        centre = np.vstack(kept).mean(0)
        scale = np.vstack(kept).std(0)
        inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-9)
        model = fit_joint([(part - centre) * inverse for part in kept], members)
        parts.append(statistics_of(model, (z[:stop] - centre) * inverse)[start:])
    return reference_of(np.vstack(parts), np.array(AVERAGING))
