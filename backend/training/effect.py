"""Whether what a course is about happens less often after people passed it. Pure.

Compared are equally long spans before and after, so that under no effect each case falls into either with probability
1/2: the exact conditional test of two Poisson rates (Przyborowski and Wilenski, Biometrika 31, 1940). It says what
came together, not what caused it; and with few cases it says nothing.
"""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=180)
SHORTEST = timedelta(days=14)
FEWEST_CASES = 6
"""With fewer even the most one-sided outcome has p > 0.03: nothing can be told apart from chance."""
SIGNIFICANT = 0.05


class Change(enum.StrEnum):
    """What can be said of the cases after, compared with those before."""

    TOO_EARLY = "too_early"
    TOO_FEW = "too_few"
    FEWER = "fewer"
    MORE = "more"
    UNCLEAR = "unclear"
    """Enough cases, but a difference such as chance makes too."""


@dataclass(frozen=True)
class Effect:
    """Cases in equal spans of ``days`` before and after; ``p`` is two-sided, None where it isn't reckoned."""

    before: int
    after: int
    days: int
    change: Change
    p: float | None = None


def effect(cases: Sequence[datetime], passed: datetime, now: datetime) -> Effect:
    """Compare the ``cases`` before and after ``passed``, in spans of what has gone by since, at most ``LONGEST``."""
    span = min(now - passed, LONGEST)
    before = sum(passed - span <= one < passed for one in cases)
    after = sum(passed <= one < passed + span for one in cases)
    if span < SHORTEST:
        return Effect(before, after, max(span.days, 0), Change.TOO_EARLY)
    if before + after < FEWEST_CASES:
        return Effect(before, after, span.days, Change.TOO_FEW)
    p = chance_of(before, after)
    change = Change.UNCLEAR if p >= SIGNIFICANT else Change.FEWER if after < before else Change.MORE
    return Effect(before, after, span.days, change, p)


def chance_of(before: int, after: int) -> float:
    """Two-sided p of so uneven a split of ``before + after`` cases when each falls either way alike."""
    total = before + after
    tail = sum(math.comb(total, k) for k in range(min(before, after) + 1))
    return min(1.0, math.ldexp(tail, 1 - total))


def passing_day(passes: Sequence[datetime], people: int) -> datetime | None:
    """When at least half of ``people`` had passed, by the first pass of each; None while they haven't."""
    needed = (people + 1) // 2
    return sorted(passes)[needed - 1] if people and len(passes) >= needed else None
