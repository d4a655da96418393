"""How far facts are heaped at few places: Pareto's few, and a Gini figure beside the one that pure chance gives. Pure.

Gini's G (Variabilità e mutabilità, 1912) of counts at ``k`` places is the mean difference of two places over twice the
mean: 0 where all have as many, near 1 where one has all. Few facts are uneven by chance alone: if each fell anywhere
alike, counts would be nearly Poisson with λ = n / k, whose mean difference is 2 λ e^(-2λ) (I₀(2λ) + I₁(2λ))
(Ramasubban, Biometrika 45 (1958) 549). So a figure is told beside that one and means something only above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from backend.incidents.history.shares import MOST

ENOUGH = 20
"""With fewer facts a share is marked as resting on a small sample (INDICATORS)."""
HEAPED, SPREAD = 0.15, 0.05
"""So far above chance counts are called heaped; below so little, even."""


@dataclass(frozen=True)
class Concentration:
    """``few`` of ``places`` together hold ``share`` (0 … 1) of ``n`` facts; ``gini`` of all, ``chance`` if it were
    chance alone."""

    few: int
    places: int
    share: float
    n: int
    gini: float
    chance: float

    @property
    def small(self) -> bool:
        """Whether there are too few facts to build on."""
        return self.n < ENOUGH

    @property
    def heaped(self) -> bool:
        """Whether it is clearly more than chance."""
        return not self.small and self.gini - self.chance >= HEAPED

    @property
    def even(self) -> bool:
        """Whether it is no more than chance."""
        return not self.small and self.gini - self.chance < SPREAD


def concentration(counts: Sequence[int]) -> Concentration | None:
    """Of the counts of all places, those with none too; None of fewer than two places, or where nothing is."""
    n, places = sum(counts), len(counts)
    if places < 2 or not n:
        return None
    held = list(accumulate(sorted(counts, reverse=True)))
    few = next(place for place, count in enumerate(held, start=1) if count >= MOST * n - 1e-9)
    return Concentration(few, places, held[few - 1] / n, n, gini(counts), chance_gini(n, places))


def gini(counts: Sequence[int]) -> float:
    """0 … 1 - 1/k: Σ (2i - k - 1) xᵢ / (k Σ xᵢ), the counts in rising order, i from 1."""
    k, total = len(counts), sum(counts)
    if not total:
        return 0.0
    return sum((2 * place - k - 1) * count for place, count in enumerate(sorted(counts), start=1)) / (k * total)


def chance_gini(n: int, places: int) -> float:
    """About what ``gini`` gives of ``n`` facts that fall on ``places`` alike."""
    from scipy.special import ive

    twice = 2 * n / places
    return float(ive(0, twice) + ive(1, twice)) * (places - 1) / places
