"""Which equipment to renew: whether a class fails more often with age, and what each piece is to be expected of. Pure.

Equipment is repaired and goes on, so failures of one piece are a Poisson process whose rate may grow with age ``t``:
the power law ``λ β t^(β-1)`` (Crow, AMSAA; IEC 61710:2013). Pieces of a class share ``λ`` and ``β``, estimated by
maximum likelihood from the ages that were watched; ``β > 1`` is wear, believed when the likelihood ratio test against a
constant rate says so. Without enough failures nothing is claimed: the mean rate of the class is given, and that it is
no more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

LEAST_FAILURES = 8
"""With fewer the shape can't be told from chance."""
LEAST_UNITS = 2
SURE = 0.05
BETAS = (0.2, 8.0)
"""Bounds of the shape."""
TINY_YEARS = 1 / 365


@dataclass(frozen=True)
class Unit:
    """A piece: its age in years when it began to be watched and now, and at which ages it failed in between."""

    watched_from: float
    age: float
    failures: tuple[float, ...] = ()


@dataclass(frozen=True)
class Law:
    """Of a class, by age in years. ``p``: how likely so much wear is by chance; None where it can't be told."""

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
    ages = [max(age, TINY_YEARS) for age in chain.from_iterable(one.failures for one in watched)]
    count, spans = len(ages), sum(one.age - one.watched_from for one in watched)
    constant = Law(count / spans if spans else 0.0, 1.0, count, len(watched), None)
    if count < LEAST_FAILURES or len(watched) < LEAST_UNITS:
        return constant
    from scipy.optimize import minimize_scalar
    from scipy.stats import chi2

    found = minimize_scalar(lambda beta: -_likelihood(beta, watched, ages), bounds=BETAS, method="bounded")
    shape = float(found.x)
    p = float(chi2.sf(max(0.0, 2 * (_likelihood(shape, watched, ages) - _likelihood(1.0, watched, ages))), 1))
    law = Law(count / _exposure(shape, watched), shape, count, len(watched), p)
    return law if law.wears else Law(constant.rate, 1.0, count, len(watched), p)


def _exposure(beta: float, units: Sequence[Unit]) -> float:
    return sum(math.pow(one.age, beta) - math.pow(one.watched_from, beta) for one in units)


def _likelihood(beta: float, units: Sequence[Unit], ages: Sequence[float]) -> float:
    """Profile log-likelihood of the shape, with the rate at its best."""
    count = len(ages)
    rate = count / _exposure(beta, units)
    return count * math.log(rate) + count * math.log(beta) + (beta - 1) * sum(map(math.log, ages)) - count


def spared(law: Law, age: float, years: float = 1.0) -> float:
    """Failures fewer in the ``years`` ahead if the piece were new now; nought where nothing wears."""
    return max(0.0, law.expected(age, years) - law.expected(0.0, years)) if law.wears else 0.0
