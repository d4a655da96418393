"""Runs of suspect values: joined where they belong together, put to the cases that there are, cut short. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from backend.governance.cleaning.models import Suspicion

NEAR = {Suspicion.STUCK: timedelta(minutes=10), Suspicion.INVALID: timedelta(hours=1)}
"""Runs of one point that lie no farther apart are one case."""
MOST_STRETCHES = 40
"""A case keeps so many; where there are more the nearest are joined, so that a decision stays a few statements."""
INSTANT = timedelta(microseconds=1)
"""From a stretch's last value to its end."""


@dataclass(frozen=True)
class Stretch:
    """``count`` suspect values from ``since`` to before ``until``."""

    since: datetime
    until: datetime
    count: int


@dataclass(frozen=True)
class Run:
    """Suspect values of one point, between which none is good. ``low``, ``high``: the least and greatest."""

    point_id: int
    stretches: tuple[Stretch, ...]
    low: float
    high: float

    @property
    def since(self) -> datetime:
        """Its first value."""
        return self.stretches[0].since

    @property
    def until(self) -> datetime:
        """After its last value."""
        return self.stretches[-1].until

    @property
    def count(self) -> int:
        """So many values."""
        return sum(one.count for one in self.stretches)


@dataclass(frozen=True)
class Known:
    """A case of the same point and suspicion as far as it matters here."""

    id: int
    open: bool
    run: Run


def joined(runs: Sequence[Run], suspicion: Suspicion) -> list[Run]:
    """``runs`` of one point in order, those near each other as one. Stuck ones only at the same value."""
    found: list[Run] = []
    for run in sorted(runs, key=lambda one: one.since):
        if found and _together(found[-1], run, suspicion):
            found[-1] = merged(found[-1], run)
        else:
            found.append(run)
    return found


def merged(first: Run, second: Run) -> Run:
    """Both as one, each value once where they overlap (the greater count stands)."""
    stretches: list[Stretch] = []
    for one in sorted((*first.stretches, *second.stretches), key=lambda one: (one.since, one.until)):
        last = stretches[-1] if stretches else None
        if last is not None and one.since < last.until:
            stretches[-1] = Stretch(last.since, max(last.until, one.until), max(last.count, one.count))
        else:
            stretches.append(one)
    most = shortened(stretches, MOST_STRETCHES)
    return Run(first.point_id, tuple(most), min(first.low, second.low), max(first.high, second.high))


def shortened(stretches: Sequence[Stretch], most: int) -> list[Stretch]:
    """At most ``most`` of them: those with the least between them are joined first. No value is lost."""
    if len(stretches) <= most:
        return list(stretches)
    gaps = [(later.since - one.until, place) for place, (one, later) in enumerate(pairwise(stretches), 1)]
    breaks = sorted(place for _, place in sorted(gaps, reverse=True)[: most - 1])
    parts = [stretches[first:end] for first, end in pairwise([0, *breaks, len(stretches)])]
    return [Stretch(part[0].since, part[-1].until, sum(one.count for one in part)) for part in parts]


def placed(run: Run, known: Sequence[Known], suspicion: Suspicion) -> tuple[int | None, Run] | None:
    """To which case ``run`` belongs and what the case then is; (None, …): it is a new one; None: nothing is new.

    What was decided stays as it is: of a run that goes on after a decision only the rest is a new case.
    """
    for case in known:
        if case.open and (_together(case.run, run, suspicion) or _together(run, case.run, suspicion)):
            whole = merged(case.run, run)
            return None if whole == case.run else (case.id, whole)
    rest: Run | None = run
    for case in known:
        if rest is not None and not case.open:
            rest = _without(rest, case.run.since, case.run.until)
    return None if rest is None else (None, rest)


def _together(one: Run, later: Run, suspicion: Suspicion) -> bool:
    near = one.since <= later.until and later.since - one.until <= NEAR[suspicion] and one.since <= later.since
    return near and (suspicion != Suspicion.STUCK or one.low == later.low)


def _without(run: Run, since: datetime, until: datetime) -> Run | None:
    """Of ``run`` what doesn't lie within a decided time; what reaches out of it, from its end on."""
    left: list[Stretch] = []
    for one in run.stretches:
        if one.until <= since or one.since >= until:
            left.append(one)
        elif one.until > until:
            left.append(replace(one, since=until))
        elif one.since < since:
            left.append(replace(one, until=since))
    return Run(run.point_id, tuple(left), run.low, run.high) if left else None
