"""What is normal, as values: small enough to be stored as JSON. How it is learned: learning.py."""

import base64
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from .charts import Joint
from .window import Floats, carried_forward

FORMAT = 1
FEW_ROWS_ALLOWANCE = 20.0


@dataclass(frozen=True, eq=False)
class Normal:
    """Learned normal of `points`; arrays have one entry a point unless said otherwise.

    `centre`/`scale` standardise (scale 0: it never moved); `charted` is 1 where a point takes part in the joint
    charts, which switches and constants don't; `median`/`spread` judge a single point; `quantiles` is points × 41;
    `discrete` is 1 where a point takes few values; `presence` is the share of rows with a reading; `moments` holds
    the second moments of the standardised points (points × points); `chart_scale` brings the charts to one measure;
    `held_out` is the sorted joint statistic of rows the charts hadn't seen.
    """

    points: tuple[str, ...]
    rows: int
    step_s: float
    centre: Floats
    scale: Floats
    charted: Floats
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
        rarer than the training rows can show are still answered; wider where the rows are few."""
        if not len(self.held_out):
            return np.inf
        share = 1 - min(max(false_alarm_rate, 1e-9), 0.5)
        logs = np.log(self.held_out + 1e-12)
        middle = float(np.median(logs))
        deviation = 1.4826 * float(np.median(np.abs(logs - middle)))
        allowance = 1 + FEW_ROWS_ALLOWANCE / max(self.rows, 1)
        tail = float(np.exp(middle + NormalDist().inv_cdf(share) * deviation * allowance))
        return max(float(np.quantile(self.held_out, share)), tail, 1e-9)

    def standardised(self, values: Floats) -> Floats:
        """Rows × points in standard deviations from the mean; gaps carried forward, constant points 0."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        z = (carried_forward(values, self.centre) - self.centre) * inverse
        return np.clip(z, -1e6, 1e6)

    def for_charts(self, values: Floats) -> Floats:
        """As `standardised`, with the points that the joint charts leave out at 0."""
        return self.standardised(values) * self.charted

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values; arrays as base64, lists as little-endian float64, tables as float32."""
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
    "charted",
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


def _packed(array: Floats) -> dict[str, Any]:
    kind = "<f8" if array.ndim == 1 else "<f4"
    data = base64.b64encode(array.astype(kind).tobytes()).decode()
    return {"shape": list(array.shape), "kind": kind, "data": data}


def _unpacked(stored: dict[str, Any]) -> Floats:
    flat = np.frombuffer(base64.b64decode(stored["data"]), stored["kind"])
    return flat.astype(float).reshape(stored["shape"])
