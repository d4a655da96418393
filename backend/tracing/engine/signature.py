"""The mark a disturbance leaves: which points it moved, to which side, how far, and in what order.

Two disturbances of the same origin push the same points to the same sides, first those nearest to it, whatever
their size: so signatures are compared by angle, not by length (case-based reasoning: Aamodt & Plaza, AI
Communications 7 (1994) 39; contribution patterns as fault signatures: Qin, Annual Reviews in Control 36 (2012) 220).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .deviation import joint_start, robust_z
from .normal import Normal
from .onset import onsets_of
from .window import Floats, Window

CLEAR_Z = 3.0
"""Robust standard deviations below which a deviation counts as noise."""
MOST_MARKED = 60
ORDER_SHARE = 0.3
"""How much of the likeness lies in the order of the onsets, the rest in size and side."""


@dataclass(frozen=True, slots=True)
class Signature:
    """`sizes`: signed log deviation of each point that moved clearly; `onsets_s`: seconds after the first onset."""

    sizes: Mapping[str, float] = field(default_factory=dict)
    onsets_s: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, dict[str, float]]:
        """As JSON-ready values."""
        return {"sizes": dict(self.sizes), "onsets_s": dict(self.onsets_s)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> "Signature":
        """The inverse of `to_dict`; nothing stored is an empty signature."""
        known = stored or {}
        return cls(dict(known.get("sizes", {})), dict(known.get("onsets_s", {})))


def signature_of(window: Window, normal: Normal, fault_free_rows: int = 0) -> Signature:
    """The signature of what a window shows; empty where nothing moved clearly, or nothing was read."""
    window = window.arranged(normal.points)
    if not window.rows or not normal.points:
        return Signature()
    start, _ = joint_start(window, normal, fault_free_rows)
    z = robust_z(window, normal)
    sizes = _sizes(z[start:])
    kept = np.argsort(-np.abs(sizes), kind="stable")[:MOST_MARKED]
    marked = {normal.points[c]: round(float(sizes[c]), 3) for c in sorted(kept) if abs(sizes[c]) >= 1e-3}
    begun = onsets_of(np.clip(z, -50, 50), normal.autocorrelation, start, fault_free_rows)
    moments = {
        name: float(window.times_s[min(onset.row, window.rows - 1)])
        for name, onset in zip(normal.points, begun, strict=True)
        if onset is not None and name in marked
    }
    first = min(moments.values(), default=0.0)
    return Signature(marked, {name: round(at - first, 3) for name, at in moments.items()})


def _sizes(z: Floats) -> Floats:
    """Mean over the rows of each point's deviation beyond the noise, on a log scale and signed."""
    return np.asarray((np.sign(z) * np.log1p(np.maximum(np.abs(z) - CLEAR_Z, 0.0))).mean(0))


def likeness(one: Signature, other: Signature) -> float:
    """0 (nothing in common, or opposed) … 1 (the same points to the same sides in the same order)."""
    alike = (1 - ORDER_SHARE) * _cosine(one.sizes, other.sizes) + ORDER_SHARE * _cosine(_leads(one), _leads(other))
    return min(max(alike, 0.0), 1.0)


def _leads(signature: Signature) -> dict[str, float]:
    """Each point weighs by its place in the order of onsets, 1, 1/2, 1/3 …, signed by its side; ties share."""
    moments = sorted(set(signature.onsets_s.values()))
    place = {at: number for number, at in enumerate(moments, start=1)}
    return {
        name: (1.0 if signature.sizes[name] > 0 else -1.0) / place[at]
        for name, at in signature.onsets_s.items()
        if signature.sizes.get(name)
    }


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(one[name] * other[name] for name in sorted(one.keys() & other.keys()))
    lengths = sum(v * v for v in one.values()) * sum(v * v for v in other.values())
    return shared / lengths**0.5 if lengths > 0 else 0.0
