"""Puts people beside each other, only where there was about as much to do. Pure."""

import enum
import statistics
from collections.abc import Iterable, Mapping, Sequence

LEAST_FOR_COMPARISON = 5
"""So many people with about as much to do are needed before a middle says anything."""


class Load(enum.StrEnum):
    """How much was asked of somebody in a month."""

    NONE = "none"
    FEW = "few"
    SOME = "some"
    MANY = "many"


def load(exposure: int, few: int) -> Load:
    """``few`` is the rule's; many is ten times as much."""
    if exposure == 0:
        return Load.NONE
    if exposure < few:
        return Load.FEW
    return Load.SOME if exposure < few * 10 else Load.MANY


def middles(people: Iterable[tuple[int, float | None]], few: int) -> Mapping[Load, tuple[float, int]]:
    """Load → median score and how many, for loads that can be compared; ``people``: exposure and score of each."""
    by_load: dict[Load, list[float]] = {}
    for exposure, score in people:
        if score is not None:
            by_load.setdefault(load(exposure, few), []).append(score)
    return {
        one: (statistics.median(scores), len(scores))
        for one, scores in by_load.items()
        if one in {Load.SOME, Load.MANY} and len(scores) >= LEAST_FOR_COMPARISON
    }


def mean(scores: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return round(statistics.fmean(scores), 2) if scores else None
