"""溯源精准率: share of reviewed traces whose confirmed root stood first, or among the first three. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964


@dataclass(frozen=True)
class Precision:
    """Counts; a root that wasn't in the ranking at all counts among the reviewed."""

    reviewed: int
    first: int
    third: int

    @property
    def top1(self) -> float | None:
        """Share whose root stood first; None without any reviewed trace."""
        return self.first / self.reviewed if self.reviewed else None

    @property
    def top3(self) -> float | None:
        """Share whose root stood among the first three."""
        return self.third / self.reviewed if self.reviewed else None

    @property
    def top1_range(self) -> tuple[float, float]:
        """95 % interval of ``top1``: what so few traces can tell (Wilson, JASA 22 (1927) 209)."""
        return wilson(self.first, self.reviewed)


def precision(ranks: Iterable[int | None]) -> Precision:
    """From the place of each reviewed trace's confirmed root, 1 = first, None = not ranked."""
    places = list(ranks)
    first = sum(rank == 1 for rank in places)
    return Precision(len(places), first, sum(rank is not None and rank <= 3 for rank in places))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % score interval of a share; (0, 1) where nothing was counted."""
    if not of:
        return 0.0, 1.0
    share, z = hits / of, Z95 * Z95 / of
    middle = (share + z / 2) / (1 + z)
    half = Z95 / (1 + z) * sqrt(share * (1 - share) / of + z / (4 * of))
    return max(middle - half, 0.0), min(middle + half, 1.0)
