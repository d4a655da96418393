"""What is normal: learned from rows known to be free of faults, small enough to be stored as JSON.

Per point: location, spread, autocorrelation, quantiles, whether it takes few values. Jointly: a ridge vector
autoregression (VAR) of the standardised points and the spread of its residuals, plain and exponentially
averaged. The limits of the joint charts come from rows the model hasn't seen (cross-validation by blocks of
time), so that a chosen false-alarm rate holds outside the training rows too.

Sources: Lütkepohl, New Introduction to Multiple Time Series Analysis (2005), ch. 3 (VAR); Lowry et al.,
Technometrics 34 (1992) 46 (multivariate EWMA chart); Bergmeir & Benítez, Information Sciences 191 (2012) 192
(blocked cross-validation of dependent data).
"""

import base64
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .charts import AVERAGING, LAGS, Joint, fit_joint, statistics_of
from .window import Floats, Window, carried_forward

QUANTILES = 41
FOLDS = 4
HELD_OUT_KEPT = 512
FEW_VALUES = 12
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Normal:
    """Learned normal of `points`; arrays have one entry a point unless said otherwise.

    `centre`/`scale` standardise for the joint charts (scale 0: constant, left out of them);
    `median`/`spread` judge a single point; `quantiles` is points × 41; `presence` is the share of rows
    with a reading; `moments` holds the second moments of the
    standardised points now and at the two rows before (3p × 3p); `held_out` the sorted joint statistic of rows
    the charts hadn't seen; `chart_scale` what brings the charts to one measure.
    """

    points: tuple[str, ...]
    rows: int
    step_s: float
    centre: Floats
    scale: Floats
    median: Floats
    spread: Floats
    autocorrelation: Floats
    quantiles: Floats
    discrete: Floats
    presence: Floats
    moments: Floats
    joint: Joint
    chart_scale: Floats
    held_out: Floats

    def limit(self, false_alarm_rate: float) -> float:
        """Value of the joint statistic that fault-free rows pass with the given rate.

        The larger of the empirical quantile and a lognormal tail fitted by median and MAD, so that rates
        rarer than the training rows can show are still answered."""
        if not len(self.held_out):
            return np.inf
        share = 1 - min(max(false_alarm_rate, 1e-9), 0.5)
        logs = np.log(self.held_out + 1e-12)
        middle = float(np.median(logs))
        deviation = 1.4826 * float(np.median(np.abs(logs - middle)))
        tail = float(np.exp(middle + NormalDist().inv_cdf(share) * deviation))
        return max(float(np.quantile(self.held_out, share)), tail, 1e-9)

    def standardised(self, values: Floats) -> Floats:
        """Rows × points in units of the joint charts; gaps carried forward, constant points 0."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        z = (carried_forward(values, self.centre) - self.centre) * inverse
        return np.clip(z, -1e6, 1e6)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values; arrays as base64 of little-endian float32."""
        arrays = {name: _packed(getattr(self, name)) for name in _ARRAYS}
        joint = {name: _packed(getattr(self.joint, name)) for name in ("coefficients", "precisions")}
        head = {"format": FORMAT, "points": list(self.points), "rows": self.rows, "step_s": self.step_s}
        return {**head, "arrays": arrays, "joint": joint}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Normal":
        """The inverse of `to_dict`; ValueError for a format this version doesn't know."""
        if stored.get("format") != FORMAT:
            raise ValueError(f"unknown format of a learned normal: {stored.get('format')!r}")
        arrays = {name: _unpacked(stored["arrays"][name]) for name in _ARRAYS}
        joint = Joint(**{name: _unpacked(stored["joint"][name]) for name in ("coefficients", "precisions")})
        return cls(tuple(stored["points"]), int(stored["rows"]), float(stored["step_s"]), joint=joint, **arrays)


_ARRAYS = (
    "centre",
    "scale",
    "median",
    "spread",
    "autocorrelation",
    "quantiles",
    "discrete",
    "presence",
    "moments",
    "chart_scale",
    "held_out",
)


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
    joint = fit_joint([z])
    chart_scale, held_out = _held_out(z)
    presence = (~np.isnan(values)).mean(0) if window.rows else np.zeros(len(median))
    stacked = _stacked(z)
    moments = stacked.T @ stacked / max(len(stacked), 1)
    return Normal(
        window.points,
        window.rows,
        window.step_s,
        centre,
        scale,
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
    counts = [len(np.unique(column[~np.isnan(column)])) for column in values.T]
    few = [1.0 if count <= max(2, min(FEW_VALUES, len(values) // 10)) else 0.0 for count in counts]
    return np.array(few)


def _stacked(z: Floats) -> Floats:
    """Each row beside the `LAGS` rows before it."""
    if len(z) <= LAGS:
        return np.zeros((0, z.shape[1] * (LAGS + 1)))
    return np.hstack([z[LAGS - lag : len(z) - lag] for lag in range(LAGS + 1)])


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
    chart_scale = np.maximum(np.quantile(table, 1 - 0.01 / charts, axis=0), 1e-9)
    joint = np.sort((table / chart_scale).max(1))
    if len(joint) > HELD_OUT_KEPT:
        joint = np.quantile(joint, np.linspace(0, 1, HELD_OUT_KEPT))
    return chart_scale, joint


def _packed(array: Floats) -> dict[str, Any]:
    return {"shape": list(array.shape), "data": base64.b64encode(array.astype("<f4").tobytes()).decode()}


def _unpacked(stored: dict[str, Any]) -> Floats:
    return np.frombuffer(base64.b64decode(stored["data"]), "<f4").astype(float).reshape(stored["shape"])
