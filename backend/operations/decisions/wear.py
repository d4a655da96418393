"""Which equipment to renew: whether a class fails more often with age, and what each piece is to be expected of. Pure.

Equipment is repaired and goes on, so failures of one piece are a Poisson process whose rate may grow with age ``t``:
the power law ``λ β t^(β-1)`` (Crow, AMSAA; IEC 61710:2013). Pieces of a class share ``β``; each has a ``λ`` of its own
about the class's mean, a gamma frailty, since some are worked harder or looked at more often than others: if the old
ones were by chance among those, one ``λ`` for all would take it for wear (Asfaw and Lindqvist, "Unobserved
heterogeneity in the power law nonhomogeneous Poisson process", Reliability Engineering & System Safety 134, 2015). All
are estimated by maximum likelihood from the ages that were watched; ``β > 1`` is wear, believed when the likelihood
ratio test against a constant rate says so. Without enough failures nothing is claimed: the mean rate of the class is
given, and that it is no more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LEAST_FAILURES = 8
"""With fewer the shape can't be told from chance."""
LEAST_UNITS = 2
SURE = 0.05
BETAS = (0.2, 8.0)
"""Bounds of the shape."""
TINY_YEARS = 1 / 365
LEAST_SPREAD, MOST_SPREAD = -8.0, 3.0
"""Bounds of the logarithm of how much pieces differ: from not at all to wholly."""
MOST_OFF = 25.0
"""So far, as a logarithm, the mean rate may lie from the constant one."""
SHAPES_TRIED = (0.5, 1.5, 2.5, 4.0)
"""Where the search for the likeliest may begin besides at a constant rate."""


@dataclass(frozen=True)
class Unit:
    """A piece: its age in years when it began to be watched and now, and at which ages it failed in between."""

    watched_from: float
    age: float
    failures: tuple[float, ...] = ()


@dataclass(frozen=True)
class Law:
    """Of a class, by age in years; ``rate`` is of its average piece. ``p``: how likely so much wear is by chance; None
    where it can't be told."""

    rate: float
    shape: float
    failures: int
    units: int
    p: float | None

    @property
    def wears(self) -> bool:
        """Whether it surely fails more often with age."""
        return self.p is not None and self.p <= SURE and self.shape > 1

    def expected(self, age: float, years: float = 1.0) -> float:
        """Failures of a piece of that age in the ``years`` ahead."""
        return self.rate * (math.pow(age + years, self.shape) - math.pow(age, self.shape))


def law_of(units: Sequence[Unit]) -> Law:
    """The law of a class; with too few failures, or where wear isn't sure, a constant rate (``shape`` 1)."""
    watched = [one for one in units if one.age > one.watched_from]
    count = sum(len(one.failures) for one in watched)
    spans = sum(one.age - one.watched_from for one in watched)
    constant = Law(count / spans if spans else 0.0, 1.0, count, len(watched), None)
    if count < LEAST_FAILURES or len(watched) < LEAST_UNITS:
        return constant
    from scipy.stats import chi2

    shape, rate, above = _fitted(watched)
    p = float(chi2.sf(max(0.0, above), 1))
    law = Law(rate, shape, count, len(watched), p)
    return law if law.wears else Law(constant.rate, 1.0, count, len(watched), p)


def _fitted(units: Sequence[Unit]) -> tuple[float, float, float]:
    """The likeliest shape, the mean rate with it, and twice what its log-likelihood is above a constant rate's."""
    from scipy.optimize import Bounds, minimize

    seen = _Seen(units)

    def worst(each: Any) -> float:
        return -seen.likelihood(math.exp(each[0]), math.exp(each[1]), math.exp(each[2]))

    alike = math.log(seen.total / seen.exposure(1.0).sum())
    low, high = [alike - MOST_OFF, LEAST_SPREAD], [alike + MOST_OFF, MOST_SPREAD]
    steady = minimize(worst, [0.0, alike, -1.0], method="L-BFGS-B", bounds=Bounds([0.0, *low], [0.0, *high]))
    begins = [float(one) for one in steady.x]
    for shape in SHAPES_TRIED:
        at = [math.log(shape), math.log(seen.total / seen.exposure(shape).sum()), begins[2]]
        begins = min(begins, at, key=worst)
    least, most = map(math.log, BETAS)
    best = minimize(worst, begins, method="L-BFGS-B", bounds=Bounds([least, *low], [most, *high]))
    return math.exp(best.x[0]), math.exp(best.x[1]), 2 * float(steady.fun - best.fun)


class _Seen:
    """What the likelihood needs of all pieces."""

    def __init__(self, units: Sequence[Unit]) -> None:
        from scipy.special import gammaln

        self._gammaln = gammaln
        self._from = np.array([max(one.watched_from, 0.0) for one in units])
        self._to = np.array([one.age for one in units])
        self._counts = np.array([len(one.failures) for one in units])
        self._logs = sum(math.log(max(age, TINY_YEARS)) for one in units for age in one.failures)
        self.total = int(self._counts.sum())

    def exposure(self, beta: float) -> Any:
        """``t^β`` from the first to the last age that each piece was watched at."""
        return self._to**beta - self._from**beta

    def likelihood(self, beta: float, rate: float, spread: float) -> float:
        """Marginal over the pieces' own rates, gamma about ``rate`` with the squared coefficient of variation
        ``spread``."""
        k, counts = 1 / spread, self._counts
        own = (
            self._gammaln(counts + k)
            - self._gammaln(k)
            + k * math.log(k)
            - (counts + k) * np.log(k + rate * self.exposure(beta))
        )
        return float(own.sum() + self.total * math.log(rate * beta) + (beta - 1) * self._logs)


def spared(law: Law, age: float, years: float = 1.0) -> float:
    """Failures fewer in the ``years`` ahead if the piece were new now; nought where nothing wears."""
    return max(0.0, law.expected(age, years) - law.expected(0.0, years)) if law.wears else 0.0
