"""From sums to what is shown: shares with Wilson's interval, medians with theirs, a difference in differences. Pure."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist

from backend.operations.indicators.registry import Better, Kind

FEW = 20
"""With fewer facts a figure says 样本不足 and shows its interval."""
_Z = NormalDist().inv_cdf(0.975)


class Guard(enum.StrEnum):
    """What a figure must say of itself. ``none``: nothing to count, which is neither 0 % nor 100 %."""

    OK = "ok"
    FEW = "few"
    NONE = "none"


@dataclass(frozen=True)
class Sums:
    """What a roll-up gives of one measure. ``seconds`` in any order."""

    members: int = 0
    counted: int = 0
    base: int = 0
    seconds: Sequence[float] = field(default_factory=tuple)


@dataclass(frozen=True)
class Figure:
    """``value``: a share 0 … 1, seconds, or cases a post; None without data. ``n``: what it rests on. ``low``,
    ``high``: its 95 % interval where there is one. ``p90``: of durations."""

    kind: Kind
    value: float | None
    n: int
    counted: int
    base: int
    low: float | None = None
    high: float | None = None
    p90: float | None = None

    @property
    def guard(self) -> Guard:
        """How far it can be trusted."""
        if self.value is None:
            return Guard.NONE
        return Guard.FEW if self.n < FEW else Guard.OK


def share(sums: Sums) -> Figure:
    """Numerator ÷ denominator with Wilson's interval; no denominator, no value."""
    if not sums.base:
        return Figure(Kind.SHARE, None, 0, sums.counted, 0)
    low, high = wilson(sums.counted, sums.base)
    return Figure(Kind.SHARE, sums.counted / sums.base, sums.base, sums.counted, sums.base, low, high)


def wilson(counted: int, base: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, JASA 22, 1927): right for small numbers, never beyond 0 … 1.

    9 of 12 → 0.468 … 0.911.
    """
    p, z = counted / base, _Z * _Z / base
    middle = (p + z / 2) / (1 + z)
    half = math.sqrt(p * (1 - p) * z + z * z / 4) / (1 + z)
    low = 0.0 if counted == 0 else max(0.0, middle - half)
    high = 1.0 if counted == base else min(1.0, middle + half)
    return low, high


def duration(sums: Sums) -> Figure:
    """Median and 90 % quantile of what is over, of ``base`` that were waited for; with the median's interval."""
    ordered = sorted(sums.seconds)
    if not ordered:
        return Figure(Kind.DURATION, None, 0, sums.counted, sums.base)
    low, high = median_interval(ordered)
    return Figure(
        Kind.DURATION,
        quantile(ordered, 0.5),
        len(ordered),
        sums.counted,
        sums.base,
        low,
        high,
        quantile(ordered, 0.9),
    )


def quantile(ordered: Sequence[float], part: float) -> float:
    """The ``part`` quantile of what is in order, between its neighbours (Hyndman and Fan, type 7)."""
    place = part * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median_interval(ordered: Sequence[float]) -> tuple[float | None, float | None]:
    """The values between which the median lies with at least 95 %, by the binomial of order statistics; None for
    fewer than six, with which no two are that sure. 6 values: the least and the greatest (96.9 %)."""
    k = _place_below(len(ordered))
    return (None, None) if k < 0 else (ordered[k], ordered[len(ordered) - 1 - k])


@lru_cache(maxsize=4096)
def _place_below(n: int) -> int:
    """The greatest place whose value lies above the median with at most 2.5 %; -1 for none.

    Beyond 200 by the normal limit, which is right to one place there.
    """
    if n > 200:
        return math.floor(n / 2 - _Z * math.sqrt(n) / 2) - 1
    tail, term, k = 0, 1, -1
    while (tail + term) * 40 <= 2**n:
        tail, k = tail + term, k + 1
        term = term * (n - k) // (k + 1)
    return k


def effect(with_it: Sums, without: Sums) -> Figure:
    """Difference in differences: (after − before) a post of those with training, less that of those without.

    4 posts 12 → 5 cases, 5 comparable posts 10 → 9: (5 − 12) ÷ 4 − (9 − 10) ÷ 5 = −1.55. None without posts that
    compare. ``counted`` and ``base`` are the cases after and before of those with training.
    """
    posts = min(with_it.members, without.members)
    value = None
    if posts:
        value = (with_it.counted - with_it.base) / with_it.members - (without.counted - without.base) / without.members
    return Figure(Kind.EFFECT, value, posts, with_it.counted, with_it.base)


def mean_score(sums: Sums) -> Figure:
    """The mean of scores: their sum ÷ how many. 8,379 and 10,000 of ten-thousandths each → 0.91895, n = 2."""
    value = sums.counted / sums.base if sums.base else None
    return Figure(Kind.SCORE, value, sums.members if sums.base else 0, sums.counted, sums.base)


def figure(kind: Kind, sums: Sums, without: Sums | None = None) -> Figure:
    """The figure of ``sums`` by ``kind``; ``without`` is of an effect's comparable posts."""
    if kind == Kind.EFFECT:
        return effect(sums, without or Sums())
    if kind == Kind.SCORE:
        return mean_score(sums)
    return share(sums) if kind == Kind.SHARE else duration(sums)


def reaches(value: float, target: float, better: Better) -> bool:
    """Whether ``value`` is as good as the target or better."""
    return value >= target if better == Better.MORE else value <= target
