"""Distributions of incidents: the most frequent first, with their cumulative share, and how few make most. Pure."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST = 0.8
"""What "most" means, after Pareto."""
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Bar(Generic[_Key]):
    """One value. ``sure``: of ``count``, where a person confirmed it; ``share`` of all, ``total`` with all before it,
    ``width`` relative to the longest: 0 … 1."""

    key: _Key
    count: int
    sure: int
    share: float
    total: float
    width: float


def ranked(counts: Mapping[_Key, int], sure: Mapping[_Key, int] | None = None) -> list[Bar[_Key]]:
    """Bars, the longest first; of equals in the order of ``counts``."""
    whole, longest, so_far = sum(counts.values()), max(counts.values(), default=0), 0
    bars = []
    for key, count in sorted(counts.items(), key=lambda one: -one[1]):
        so_far += count
        certain = (sure or {}).get(key, 0)
        bars.append(Bar(key, count, certain, count / whole, so_far / whole, count / longest))
    return bars


def few(bars: Sequence[Bar[_Key]]) -> int:
    """How many of the bars together make ``MOST``; 0 of none."""
    return next((place for place, bar in enumerate(bars, start=1) if bar.total >= MOST - 1e-9), len(bars))
