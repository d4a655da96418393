"""Hazards and incidents by accident type: one bar a type over both, and a table that says each apart. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.incidents.history.shares import Bar, ranked
from backend.operations.distribution.asked import Source

TYPED = (Source.HAZARD, Source.INCIDENT)
"""What has an accident type. An alarm is of a measured point: which accident it speaks of isn't known to AnSu."""
Counted = Mapping[tuple[str, str], int]
"""By source and type, "" not told."""


@dataclass(frozen=True)
class ByAccident:
    """``bars``: of those told, shares are of these alone; ``before``: by type, "" not told, of the compared period."""

    sources: Sequence[Source]
    bars: Sequence[Bar[str]]
    told: int
    untold: int
    before: Mapping[str, int]
    counts: Counted

    def of(self, source: str, accident: str) -> int:
        """How many of a source have a type."""
        return self.counts.get((source, accident), 0)


def by_accident(sources: Sequence[Source], counts: Counted, before: Counted) -> ByAccident:
    """Of the ``sources`` that were asked for, as far as they have types."""
    both = _summed(counts)
    untold = both.pop("", 0)
    bars = ranked(both)
    return ByAccident(
        [one for one in TYPED if one in sources], bars, sum(both.values()), untold, _summed(before), counts
    )


def _summed(counts: Counted) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, accident), count in counts.items():
        found[accident] = found.get(accident, 0) + count
    return found
