"""Learning what is normal from rows known to be free of faults.

Per point: location, spread, autocorrelation, quantiles, whether it takes few values. Jointly: a ridge vector
autoregression (VAR) of the standardised points and the spread of its residuals, plain and exponentially
averaged. The limits of the joint charts come from rows the model hasn't seen (cross-validation by blocks of
time), so that a chosen false-alarm rate holds outside the training rows too.

Sources: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), ch. 3 (VAR); Lowry et al.,
Technometrics 34 (1992) 46 (multivariate EWMA chart); Bergmeir & Benítez, Information Sciences 191 (2012) 192
(blocked cross-validation of dependent data).
"""

import numpy as np

from .charts import AVERAGING, fit_joint, statistics_of
from .normal import Normal
from .window import Floats, Window, carried_forward

QUANTILES = 41
FOLDS = 4
HELD_OUT_KEPT = 512
FEW_VALUES = 12
SWITCH_VALUES = 2


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
    autocorrelation = _autocorrelation(z)
    charted = np.where(_distinct(values) > SWITCH_VALUES, 1.0, 0.0) * (scale > 0)
    joint = fit_joint([z * charted])
    chart_scale, held_out = _held_out(z * charted)
    presence = (~np.isnan(values)).mean(0) if window.rows else np.zeros(len(median))
    moments = z.T @ z / max(len(z), 1)
    return Normal(
        window.points,
        window.rows,
        window.step_s,
        centre,
        scale,
        charted,
        median,
        spread,
        autocorrelation,
        quantiles,
        _discrete(values),
        presence,
        moments,
        joint,
        chart_scale,
        held_out,
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


def _discrete(values: Floats) -> Floats:
    """1 where a point takes few values (switch, state, counter of faults), else 0."""
    most = max(SWITCH_VALUES, min(FEW_VALUES, len(values) // 10))
    return np.where(_distinct(values) <= most, 1.0, 0.0)


def _distinct(values: Floats) -> Floats:
    """How many different values each point takes."""
    return np.array([float(len(np.unique(column[~np.isnan(column)]))) for column in values.T])


def _held_out(z: Floats) -> tuple[Floats, Floats]:
    """Scale of each chart and the sorted joint statistic, on rows the charts weren't fitted on."""
    charts = len(AVERAGING)
    folds = min(FOLDS, len(z) // 5)
    if folds < 2:
        return np.ones(charts), np.zeros(0)
    edges = np.linspace(0, len(z), folds + 1).astype(int)
    parts = []
    for fold in range(folds):
        start, stop = edges[fold], edges[fold + 1]
        kept = [part for part in (z[:start], z[stop:]) if len(part)]
        centre = np.vstack(kept).mean(0)
        scale = np.vstack(kept).std(0)
        inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-9)
        model = fit_joint([(part - centre) * inverse for part in kept])
        parts.append(statistics_of(model, (z[:stop] - centre) * inverse)[start:])
    table = np.vstack(parts)
    logs = np.log(table + 1e-9)
    middle = np.median(logs, axis=0)
    # 2.6 deviations of a lognormal: a steadier measure than a high quantile of few rows.
    chart_scale = np.maximum(np.exp(middle + 2.6 * 1.4826 * np.median(np.abs(logs - middle), axis=0)), 1e-9)
    joint = np.sort((table / chart_scale).max(1))
    if len(joint) > HELD_OUT_KEPT:
        joint = np.quantile(joint, np.linspace(0, 1, HELD_OUT_KEPT))
    return chart_scale, joint
