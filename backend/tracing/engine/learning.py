"""Learning what is normal from rows known to be free of faults.

Per point: location, spread, autocorrelation, quantiles, whether it takes few values, whether it wanders. Jointly: a
ridge vector autoregression (VAR) of the standardised points and the spread of its residuals, plain and exponentially
averaged. The limits of the joint charts come from rows the model hasn't seen (cross-validation by blocks of
time), so that a chosen false-alarm rate holds outside the training rows too.

Sources: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), ch. 3 (VAR); Lowry et al.,
Technometrics 34 (1992) 46 (multivariate EWMA chart); Bergmeir & Benítez, Information Sciences 191 (2012) 192
(blocked cross-validation of dependent data). The rest: docs/tracing/detect.md.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .charts import AVERAGING, LAGS, Joint, Stretch, coefficients_of, fit_joint, lagged, statistics_of
from .grouping import groups_of
from .inputs import Inputs, inputs_of, within_modes
from .limits import Reference, reference_of
from .normal import Normal
from .novelty import quiet_rows
from .stuck import longest_runs
from .wandering import SHARE, wandering_share
from .window import Floats, Window, carried_forward

QUANTILES = 41
FOLDS = 4
WORTH = 0.03
ROWS_AN_INPUT = 20
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
    swings = wandering_share(within_modes(z, groups_of(z, np.where(moving, 1.0, 0.0))))
    wandering = np.where(moving & (swings > SHARE), 1.0, 0.0)
    charted = np.where(moving, 1.0, 0.0) - wandering
    members = groups_of(z, charted)
    presence = (~np.isnan(values)).mean(0) if window.rows else np.zeros(len(median))
    switches = np.where((distinct <= SWITCH_VALUES) & (presence > 0), 1.0, 0.0)
    joint, held_out = _joint(z, window, members, switches)
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
        joint,
        held_out,
        float(window.times_s[-1]) if window.rows else 0.0,
        np.where(moving, longest_runs(values), 0.0),
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


def _joint(z: Floats, window: Window, members: NDArray[np.int64], switches: Floats) -> tuple[Joint, Reference]:
    """The joint charts, and their statistics on rows they weren't fitted on."""
    inputs = inputs_of(z, window.times_s, window.step_s, members, switches)
    whole = Stretch(z, inputs.of_rows(z, window.times_s, members))
    taken = _taken(whole, members, inputs)
    used = np.isin(inputs.kinds, inputs.kinds[taken.any((0, 2))])
    inputs, whole, taken = inputs.only(inputs.kinds[used]), Stretch(z, whole.given[:, :, used]), taken[:, used]
    return fit_joint([whole], members, inputs, taken), _held_out(whole, members, inputs, taken)


def _taken(whole: Stretch, members: NDArray[np.int64], inputs: Inputs) -> NDArray[np.bool_]:
    """Groups × inputs × size: which input foretells which point.

    Kind after kind: a point takes it where that lowers the squared error on rows held out by a share worth its while,
    in all blocks of time but one at least."""
    groups, size = members.shape
    taken = np.zeros((groups, inputs.width, size), bool)
    folds = _folds(len(whole.z))
    if not folds or not inputs.width:
        return taken
    kinds = inputs.kinds
    for group, row in enumerate(members):
        columns = row[row >= 0]
        own = Stretch(whole.z[:, columns], whole.given[:, group])
        best = _errors(own, folds, taken[group, :, : len(columns)])
        for kind in np.flatnonzero(ROWS_AN_INPUT * np.bincount(kinds) <= len(whole.z)):
            more = taken[group, :, : len(columns)] | (kinds == kind)[:, None]
            errors = _errors(own, folds, more)
            better = (errors.sum(0) < (1 - WORTH) * best.sum(0)) & ((errors < best).sum(0) >= len(folds) - 1)
            taken[group, :, : len(columns)][:, better] = more[:, better]
            best[:, better] = errors[:, better]
    return taken


def _errors(own: Stretch, folds: Sequence[tuple[int, int]], taken: NDArray[np.bool_]) -> Floats:
    """Folds × points: squared errors of the one-step predictions in each block, fitted on the others."""
    out = np.zeros((len(folds), own.z.shape[1]))
    before = lagged(own.z)
    for fold, (start, stop) in enumerate(folds):
        coefficients, driven = coefficients_of(_others(own, start, stop), taken)
        block = slice(max(start, LAGS), stop)
        errors = own.z[block] - before[block] @ coefficients - own.given[block] @ driven
        out[fold] = (errors * errors).sum(0)
    return out


def _others(whole: Stretch, start: int, stop: int) -> list[Stretch]:
    parts = [Stretch(whole.z[:start], whole.given[:start]), Stretch(whole.z[stop:], whole.given[stop:])]
    return [part for part in parts if len(part.z)]


def _folds(rows: int) -> list[tuple[int, int]]:
    """Blocks of time, first row and the row after the last; none where there are too few rows."""
    folds = min(FOLDS, rows // 5)
    edges = np.linspace(0, rows, folds + 1).astype(int).tolist() if folds >= 2 else []
    return list(pairwise(edges))


def _held_out(whole: Stretch, members: NDArray[np.int64], inputs: Inputs, taken: NDArray[np.bool_]) -> Reference:
    """The charts' statistics on rows they weren't fitted on."""
    folds = _folds(len(whole.z))
    if not folds or not members.size:
        return reference_of(np.zeros((0, len(AVERAGING) * len(members))), np.array(AVERAGING))
    table = []
    for start, stop in folds:
        kept = _others(whole, start, stop)
        centre = np.vstack([part.z for part in kept]).mean(0)
        scale = np.vstack([part.z for part in kept]).std(0)
        inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 1e-9)
        again = [Stretch((part.z - centre) * inverse, part.given) for part in kept]
        model = fit_joint(again, members, inputs, taken)
        statistics = statistics_of(model, (whole.z[:stop] - centre) * inverse, whole.given[:stop])
        table.append(statistics[start:])
    return reference_of(np.vstack(table), np.array(AVERAGING))
