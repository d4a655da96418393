"""What is normal, as values: small enough to be stored as JSON. How it is learned: learning.py."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from .charts import Joint
from .inputs import Inputs
from .limits import Reference
from .novelty import Known
from .window import Floats, carried_forward

FORMAT = 3
OLD_FORMATS = (1, 2)


@dataclass(frozen=True, eq=False)
class Normal:
    """Learned normal of `points`; arrays have one entry a point unless said otherwise.

    `centre`/`scale` standardise (scale 0: it never moved); `charted` is 1 where a point takes part in the joint
    charts, which switches, constants and wandering points don't; `wandering` is 1 where normal rows show fewer than
    two full swings of it; `switches` is 1 where it took one value or two; `median`/`spread` judge a single point;
    `quantiles` is points × 41; `discrete` is 1 where a point takes few values; `presence` is the share of rows with a
    reading; `moments` holds the second moments of the standardised points (points × points; 0 × 0 above 2000 points);
    `quiet` is the number of rows at the end in which no switch took a new value; `held_out` are the charts'
    statistics on rows they hadn't seen; `until_s` is the moment of the last normal row;
    `longest` is the longest run of equal readings, 0 where a point isn't watched for being stuck.
    """

    points: tuple[str, ...]
    rows: int
    step_s: float
    centre: Floats
    scale: Floats
    charted: Floats
    wandering: Floats
    switches: Floats
    median: Floats
    spread: Floats
    autocorrelation: Floats
    quantiles: Floats
    discrete: Floats
    presence: Floats
    moments: Floats
    quiet: float
    joint: Joint
    held_out: Reference
    until_s: float
    longest: Floats

    def limits(self, false_alarm_rate: float) -> Floats:
        """Values of the joint statistics (chart by chart, group by group) that fault-free rows pass, any of them,
        with the given rate; infinite where too few rows were learned from."""
        return self.held_out.limits(false_alarm_rate)

    @property
    def known(self) -> Known:
        """What the switches did."""
        low = np.where(self.switches > 0, self.quantiles[:, 0], np.nan)
        high = np.where(self.switches > 0, self.quantiles[:, -1], np.nan)
        return Known(low, high, self.quiet, self.rows)

    def standardised(self, values: Floats) -> Floats:
        """Rows × points in standard deviations from the mean; gaps carried forward, constant points 0."""
        inverse = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        z = (carried_forward(values, self.centre) - self.centre) * inverse
        return np.clip(z, -1e6, 1e6)

    def for_charts(self, values: Floats) -> Floats:
        """As `standardised`, with the points that the joint charts leave out at 0."""
        return self.standardised(values) * self.charted

    def given(self, values: Floats, times_s: Floats) -> Floats:
        """Rows × groups × inputs: what the rows are judged under by the joint charts."""
        return self.joint.inputs.of_rows(self.standardised(values), times_s, self.joint.members)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values; arrays as base64, lists as little-endian float64, tables as float32."""
        return {
            "format": FORMAT,
            "points": list(self.points),
            "rows": self.rows,
            "step_s": self.step_s,
            "quiet": self.quiet,
            "arrays": {name: _packed(getattr(self, name)) for name in _ARRAYS},
            "joint": {name: _packed(getattr(self.joint, name)) for name in _JOINT},
            "inputs": {name: _packed(getattr(self.joint.inputs, name)) for name in _INPUTS},
            "until_s": self.until_s,
            "held_out": {name: _packed(getattr(self.held_out, name)) for name in _HELD_OUT},
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Normal":
        """The inverse of `to_dict`; what earlier versions stored is read too. ValueError for any other format."""
        if stored.get("format") in OLD_FORMATS:
            stored = _without_inputs(_renewed(stored) if stored["format"] == 1 else stored)
        if stored.get("format") != FORMAT:
            raise ValueError(f"unknown format of a learned normal: {stored.get('format')!r}")
        arrays = {name: _unpacked(stored["arrays"][name]) for name in _ARRAYS}
        joint = {name: _unpacked(stored["joint"][name]) for name in _JOINT}
        held_out = {name: _unpacked(stored["held_out"][name]) for name in _HELD_OUT}
        inputs: dict[str, Any] = {name: _unpacked(stored["inputs"][name]) for name in _INPUTS}
        inputs |= {name: inputs[name].astype(np.int64) for name in ("switches", "modes")}
        members = joint.pop("members").astype(np.int64)
        return cls(
            points=tuple(stored["points"]),
            rows=int(stored["rows"]),
            step_s=float(stored["step_s"]),
            quiet=float(stored["quiet"]),
            until_s=float(stored["until_s"]),
            joint=Joint(members=members, inputs=Inputs(**inputs), **joint),
            held_out=Reference(**held_out),
            **arrays,
        )


_ARRAYS = (
    "centre",
    "scale",
    "charted",
    "wandering",
    "switches",
    "median",
    "spread",
    "autocorrelation",
    "quantiles",
    "discrete",
    "presence",
    "moments",
    "longest",
)
_JOINT = ("weights", "members", "coefficients", "precisions", "caps", "driven")
_INPUTS = ("frequencies", "switches", "low", "high", "centres", "within", "modes")
_HELD_OUT = ("middle", "deviation", "independent", "table")
_OLD_WEIGHTS = (1.0, 0.2)


def _without_inputs(stored: dict[str, Any]) -> dict[str, Any]:
    """A normal of the second format: the joint charts knew no rhythm, no modes, and the switches didn't tell them;
    nobody is watched for being stuck."""
    groups, size = stored["joint"]["members"]["shape"]
    none = Inputs.none(groups, size)
    return {
        **stored,
        "format": FORMAT,
        "until_s": 0.0,
        "arrays": stored["arrays"] | {"longest": _packed(np.zeros(len(stored["points"])))},
        "joint": stored["joint"] | {"driven": _packed(np.zeros((groups, 0, size)))},
        "inputs": {name: _packed(getattr(none, name)) for name in _INPUTS},
    }


def _renewed(stored: dict[str, Any]) -> dict[str, Any]:
    """A normal of the format before: one group of all points, two charts, one series of unseen rows for both.

    What it hadn't learned stays off: nobody wanders, and new states are told only after a quiet time of their own."""
    arrays = dict(stored["arrays"])
    chart_scale, series = _unpacked(arrays.pop("chart_scale")), _unpacked(arrays.pop("held_out"))
    quantiles, points = _unpacked(arrays["quantiles"]), len(stored["points"])
    logs = np.log(series + 1e-12)
    middle = float(np.median(logs)) if len(logs) else 0.0
    deviation = 1.4826 * float(np.median(np.abs(logs - middle))) if len(logs) else 0.0
    still = (quantiles[:, 0] == quantiles[:, -1]) & (_unpacked(arrays["presence"]) > 0)
    arrays |= {"wandering": _packed(np.zeros(points)), "switches": _packed(np.where(still, 1.0, 0.0))}
    charts = np.ones(len(_OLD_WEIGHTS))
    held_out = {
        "middle": middle + np.log(chart_scale),
        "deviation": deviation * charts,
        "independent": max(float(stored["rows"]), 2.0) * charts,
        "table": series[:, None] * chart_scale,
    }
    joint = {
        "weights": np.array(_OLD_WEIGHTS),
        "members": np.arange(float(points))[None, :],
        "coefficients": _unpacked(stored["joint"]["coefficients"])[None],
        "precisions": _unpacked(stored["joint"]["precisions"])[:, None],
        "caps": np.array([np.inf]),
    }
    return {
        **stored,
        "format": 2,
        "quiet": 0.0,
        "arrays": arrays,
        "joint": {name: _packed(value) for name, value in joint.items()},
        "held_out": {name: _packed(value) for name, value in held_out.items()},
    }


def _packed(array: Floats) -> dict[str, Any]:
    kind = "<f8" if array.ndim == 1 else "<f4"  # columns are whole numbers, exact below 2²⁴
    data = base64.b64encode(array.astype(kind).tobytes()).decode()
    return {"shape": list(array.shape), "kind": kind, "data": data}


def _unpacked(stored: dict[str, Any]) -> Floats:
    flat = np.frombuffer(base64.b64decode(stored["data"]), stored["kind"])
    return flat.astype(float).reshape(stored["shape"])
