"""Whether two periods differ by more than chance. Pure.

Counts: if nothing changed, the events of the first period out of all are binomial by the lengths of the two
(Przyborowski and Wilenski, Biometrika 31, 1940). Shares: Fisher's exact test. Durations: Mann–Whitney's rank test, as
they are skewed. Sums (people hurt, money) aren't tested: a single event decides them. Several figures are looked at at
once, so their probabilities are adjusted together (Holm, Scandinavian Journal of Statistics 6, 1979).
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SURE = 0.05
LEAST_DURATIONS = 3
"""Of each side; with fewer no difference of ranks can be told."""


class Metric(enum.StrEnum):
    """What is compared, in the order in which it is shown."""

    COUNT = "count"
    MAJOR = "major"
    AGAIN = "again"
    HURT = "hurt"
    WARNED = "warned"
    CONTAIN = "contain"
    CLOSE = "close"
    INJURED = "injured"
    DEATHS = "deaths"
    LOSS = "loss"


class Verdict(enum.StrEnum):
    """What a comparison says. ``SAME``: none at all in either; ``UNKNOWN``: too little on one side; ``UNTESTED``: a
    sum."""

    MORE = "more"
    FEWER = "fewer"
    SAME = "same"
    CHANCE = "chance"
    UNKNOWN = "unknown"
    UNTESTED = "untested"


COUNTS = (Metric.COUNT, Metric.MAJOR, Metric.AGAIN, Metric.HURT)
DURATIONS = (Metric.CONTAIN, Metric.CLOSE)
SUMS = (Metric.INJURED, Metric.DEATHS, Metric.LOSS)


@dataclass(frozen=True)
class Figures:
    """What a period had; durations in minutes, from the first sign. ``warned``: had an early warning before."""

    days: float
    count: int = 0
    major: int = 0
    again: int = 0
    hurt: int = 0
    warned: int = 0
    injured: int = 0
    deaths: int = 0
    loss: float = 0.0
    contain: Sequence[float] = ()
    close: Sequence[float] = ()

    def value(self, metric: Metric) -> float | None:
        """The figure itself: a count, a share from 0 to 1, a median in minutes, or a sum; None where there is none."""
        if metric in DURATIONS:
            found: Sequence[float] = getattr(self, metric)
            return median(found) if found else None
        if metric == Metric.WARNED:
            return self.warned / self.count if self.count else None
        return float(getattr(self, metric))

    def of(self, metric: Metric) -> int:
        """How many incidents the figure rests on."""
        return len(getattr(self, metric)) if metric in DURATIONS else self.count

    def per_30_days(self, metric: Metric) -> float | None:
        """The rate of a count."""
        return float(getattr(self, metric)) * 30 / self.days if metric in COUNTS and self.days > 0 else None


@dataclass(frozen=True)
class Compared:
    """A figure of both periods. ``ratio``: of rates, medians or shares, 1: no change; ``p`` adjusted, None untested."""

    metric: Metric
    now: Figures
    then: Figures
    ratio: float | None
    p: float | None
    verdict: Verdict


def compare(now: Figures, then: Figures) -> list[Compared]:
    """All figures, each with what can be said of its change."""
    raw = {metric: p for metric in Metric if (p := _probability(metric, now, then)) is not None}
    adjusted = holm(raw)
    return [_compared(metric, now, then, adjusted.get(metric)) for metric in Metric]


def holm(raw: Mapping[Metric, float]) -> dict[Metric, float]:
    """Probabilities adjusted for how many are looked at; their order stays."""
    adjusted: dict[Metric, float] = {}
    floor = 0.0
    for place, metric in enumerate(sorted(raw, key=lambda one: raw[one])):
        floor = max(floor, min(1.0, raw[metric] * (len(raw) - place)))
        adjusted[metric] = floor
    return adjusted


def _compared(metric: Metric, now: Figures, then: Figures, p: float | None) -> Compared:
    ratio = _ratio(metric, now, then)
    if metric in SUMS:
        verdict = Verdict.UNTESTED
    elif p is None:
        nothing = now.value(metric) == then.value(metric) == 0
        verdict = Verdict.SAME if nothing else Verdict.UNKNOWN
    elif p > SURE or ratio == 1:
        verdict = Verdict.CHANCE
    else:
        verdict = Verdict.FEWER if ratio is not None and ratio < 1 else Verdict.MORE
    return Compared(metric, now, then, ratio, p, verdict)


def _ratio(metric: Metric, now: Figures, then: Figures) -> float | None:
    if metric in COUNTS or metric in SUMS:
        before = float(getattr(then, metric)) * now.days
        return float(getattr(now, metric)) * then.days / before if before else None
    after, earlier = now.value(metric), then.value(metric)
    return after / earlier if after is not None and earlier else None


def _probability(metric: Metric, now: Figures, then: Figures) -> float | None:
    """Of so great a difference if nothing changed, to either side; None where nothing can be told."""
    if metric in COUNTS:
        return _by_chance(getattr(now, metric), getattr(then, metric), now.days, then.days)
    if metric in DURATIONS:
        return _by_rank(getattr(now, metric), getattr(then, metric))
    if metric == Metric.WARNED:
        return _by_table(now.warned, now.count, then.warned, then.count)
    return None


def _by_chance(after: int, before: int, after_days: float, before_days: float) -> float | None:
    if not after + before or after_days <= 0 or before_days <= 0:
        return None
    from scipy.stats import binomtest

    return float(binomtest(after, after + before, after_days / (after_days + before_days)).pvalue)


def _by_table(yes: int, of: int, yes_before: int, of_before: int) -> float | None:
    if not of or not of_before or not yes + yes_before:
        return None
    import numpy as np
    from scipy.stats import fisher_exact

    return float(fisher_exact(np.array([[yes, of - yes], [yes_before, of_before - yes_before]])).pvalue)


def _by_rank(after: Sequence[float], before: Sequence[float]) -> float | None:
    if min(len(after), len(before)) < LEAST_DURATIONS:
        return None
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(after, before, alternative="two-sided").pvalue)
