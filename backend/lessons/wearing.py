"""Whether equipment fails more often the longer ago it was maintained, and how late it usually is. Pure.

If nothing wears out, troubles fall on the days of a cycle as if by chance: of ``n`` of them so many are in its later
part as its share of all days says (binomial, exact). If surely more are, half the interval is proposed: how often
things go wrong in the earlier half is then known from the same records, and so is what the change would save.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from statistics import median

LEAST_TROUBLES = 5
SURE = 0.01
SHORTEST_DAYS = 2
"""Of an interval that can still be halved."""
USUAL_DAYS, LEAST_DAYS, MOST_DAYS = 90, 7, 180
"""The interval of a first plan, where nothing says otherwise, and its bounds."""


@dataclass(frozen=True)
class Cycle:
    """From one maintenance to the next, or until now: how many days, and after how many of them trouble came."""

    days: int
    troubles: tuple[int, ...] = ()


@dataclass(frozen=True)
class Shorter:
    """A shorter interval: of ``of`` troubles ``late`` came after it; so many fewer in 90 days are to be expected."""

    interval_days: int
    late: int
    of: int
    per_90_days: float


def shorter_interval(interval_days: int, cycles: Sequence[Cycle]) -> Shorter | None:
    """Half the interval, where the later part of the cycles surely sees more trouble; else None. Days."""
    if interval_days < SHORTEST_DAYS:
        return None
    half = ceil(interval_days / 2)
    ages = [age for cycle in cycles for age in cycle.troubles]
    late = sum(age >= half for age in ages)
    days = sum(cycle.days for cycle in cycles)
    early_days = sum(min(cycle.days, half) for cycle in cycles)
    if len(ages) < LEAST_TROUBLES or not 0 < early_days < days or _by_chance(late, len(ages), days, early_days) > SURE:
        return None
    saved = len(ages) / days - (len(ages) - late) / early_days
    return Shorter(half, late, len(ages), saved * 90)


def _by_chance(late: int, of: int, days: int, early_days: int) -> float:
    """Probability of so many late ones or more, if nothing wears out."""
    from scipy.stats import binom

    return float(binom.sf(late - 1, of, (days - early_days) / days))


def earlier_by_lateness(interval_days: int, late_days: Sequence[int]) -> tuple[int, int] | None:
    """An interval shorter by as much as it is usually late (the middle case), not below half; with that lateness.

    None where it usually is in time. Days; those of what was done in time are 0.
    """
    usual = round(median(late_days)) if late_days else 0
    wanted = max(ceil(interval_days / 2), interval_days - usual)
    return (wanted, usual) if usual > 0 and wanted < interval_days else None


def first_interval(trouble_days: Sequence[int]) -> int:
    """An interval for equipment without a plan: half of what usually lies between two troubles. ``trouble_days``: days
    on which something went wrong, as ordinals, in any order."""
    known = sorted(set(trouble_days))
    gaps = [later - earlier for earlier, later in pairwise(known)]
    return min(max(round(median(gaps) / 2), LEAST_DAYS), MOST_DAYS) if gaps else USUAL_DAYS


def cycles_of(done: Sequence[int], troubles: Sequence[int], today: int) -> list[Cycle]:
    """The cycles between the days on which it was done, the last until ``today``. Days as ordinals, in any order."""
    starts = sorted(set(done))
    ends = [*starts[1:], max(today, starts[-1])] if starts else []
    return [
        Cycle(end - start, tuple(sorted(day - start for day in troubles if start <= day < end)))
        for start, end in zip(starts, ends, strict=True)
    ]
