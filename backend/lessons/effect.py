"""Whether an adopted suggestion worked: as often before and after, beside places where nothing was changed. Pure.

Without a comparison the events after, out of all of them, are binomial by the lengths of the two times if nothing
changed (Przyborowski and Wilenski, Biometrika 31, 1940). With one, what happened here and elsewhere, before and after,
is a table of four whose odds are one if nothing changed here but what changed everywhere (Fisher's exact test); lengths
cancel out. Each side is tested at ``SURE``.
"""

import enum
from dataclasses import dataclass

SURE = 0.05
MILESTONES = (30, 60, 90)
"""Days after adoption at which the effect is measured."""
BEFORE_DAYS = 90.0
LEAST_ELSEWHERE = 10
"""With fewer events elsewhere there is no comparison."""


class Verdict(enum.StrEnum):
    """What came of it. ``too_early``: even without any event since, chance couldn't be ruled out."""

    WORKED = "worked"
    NO_CHANGE = "no_change"
    WORSE = "worse"
    TOO_EARLY = "too_early"


@dataclass(frozen=True)
class Counts:
    """Events here before and after, in so many days; ``elsewhere``: before and after where nothing was changed."""

    before: int
    after: int
    before_days: float
    after_days: float
    elsewhere: tuple[int, int] | None = None

    @property
    def compared(self) -> bool:
        """Whether enough happened elsewhere, before too, to compare with."""
        return self.elsewhere is not None and self.elsewhere[0] > 0 and sum(self.elsewhere) >= LEAST_ELSEWHERE

    @property
    def ratio(self) -> float | None:
        """How often after, relative to before and to elsewhere: 1 is no change; None where nothing happened before."""
        if not self.before or not self.before_days or not self.after_days:
            return None
        if self.compared and self.elsewhere is not None and self.elsewhere[1]:
            return self.after / self.before / (self.elsewhere[1] / self.elsewhere[0])
        return (self.after / self.after_days) / (self.before / self.before_days)


def judge(counts: Counts) -> Verdict:
    """The verdict. With less than ``MILESTONES[0]`` days after it is always too early."""
    if counts.after_days < MILESTONES[0] or counts.before_days <= 0:
        return Verdict.TOO_EARLY
    if _fewer(counts, counts.after) <= SURE:
        return Verdict.WORKED
    if _more(counts, counts.after) <= SURE:
        return Verdict.WORSE
    return Verdict.NO_CHANGE if _fewer(counts, 0) <= SURE else Verdict.TOO_EARLY


def _fewer(counts: Counts, after: int) -> float:
    """Probability of so few ``after`` or fewer, if nothing changed."""
    from scipy.stats import binom, hypergeom

    if counts.compared and counts.elsewhere is not None:
        then, since = counts.elsewhere
        return float(hypergeom.cdf(after, counts.before + after + then + since, counts.before + after, after + since))
    return float(binom.cdf(after, counts.before + after, _share(counts)))


def _more(counts: Counts, after: int) -> float:
    """Probability of so many ``after`` or more, if nothing changed."""
    from scipy.stats import binom, hypergeom

    if counts.compared and counts.elsewhere is not None:
        then, since = counts.elsewhere
        return float(
            hypergeom.sf(after - 1, counts.before + after + then + since, counts.before + after, after + since)
        )
    return float(binom.sf(after - 1, counts.before + after, _share(counts)))


def _share(counts: Counts) -> float:
    return counts.after_days / (counts.after_days + counts.before_days)
