"""Where hours of inspection do most: how often each round should be walked under a number of hours. Pure.

A trouble that nobody reports by chance waits for the next look, on average half of the time between two looks. What a
round leaves unseen in a week is then its risk points a week times those hours: ``points · 168 / (2 · looks)``. It falls
ever slower the more often one looks, so hours go first to where much goes wrong and one looks seldom.

Counted is what a person can find (reports, failed check items) or should have found (incidents); what sensors tell at
once waits for nobody. A round with few troubles is judged by the site's rounds as well (``shrunk``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend.checkins.schedule import Rhythm
from backend.operations.decisions.choosing import Candidate, choose

WEEK_H = 168.0
WEIGHTS: Mapping[str, float] = {"major": 27.0, "significant": 9.0, "general": 3.0, "low": 1.0}
"""Risk points of a trouble by its level: each level three times the one below, as LEC's bands about are (70/160/320 to
the consequence scores 7/15/40). Ours; only ratios matter."""
PRIOR_WEEKS = 13.0
"""How many weeks of the site's mean a round's own record is weighed against."""
MINUTES_A_STOP = 5.0
"""Where no round was walked yet."""


@dataclass(frozen=True)
class Pace:
    """How often: the rhythm of a plan, and looks a week that it makes."""

    rhythm: Rhythm
    interval_minutes: int | None
    per_week: float


@dataclass(frozen=True)
class Round:
    """A plan. ``points``: risk points of what went wrong at its places in ``weeks``; ``minutes``: one whole round."""

    plan_id: int
    stops: int
    minutes: float
    pace: Pace
    points: float
    least_per_week: float = 0.0
    """It may not be walked more seldom."""
    graded: float = 0.0
    """What risk points let expect of its stops (``grounds.exposure``); 0: as much of each stop."""

    @property
    def exposure(self) -> float:
        """What its stops let expect, beside those of other rounds."""
        return self.graded or float(self.stops)


@dataclass(frozen=True)
class Advice:
    """Another pace for a round: hours a week more, and what it leaves unseen now and then."""

    round: Round
    pace: Pace
    hours: float
    unseen_now: float
    unseen_then: float

    @property
    def saves(self) -> float:
        """Share of what stays unseen now that then doesn't."""
        return 1 - self.unseen_then / self.unseen_now if self.unseen_now else 0.0


def paces(shifts: int, interval_minutes: int | None = None) -> list[Pace]:
    """Those a plan can have on a site with so many shifts a day, the most frequent first."""
    known = [
        Pace(Rhythm.INTERVAL, 120, 84.0),
        Pace(Rhythm.INTERVAL, 240, 42.0),
        Pace(Rhythm.SHIFT, None, 7.0 * shifts),
        Pace(Rhythm.DAY, None, 7.0),
        Pace(Rhythm.WEEK, None, 1.0),
        Pace(Rhythm.MONTH, None, 12 / 52.18),
    ]
    if interval_minutes:
        known.append(Pace(Rhythm.INTERVAL, interval_minutes, WEEK_H * 60 / interval_minutes))
    unique = {(pace.rhythm, pace.interval_minutes): pace for pace in known}
    return sorted(unique.values(), key=lambda pace: -pace.per_week)


def pace_of(rhythm: str, interval_minutes: int | None, shifts: int) -> Pace:
    """The pace of a plan as it stands."""
    fits = (one for one in paces(shifts, interval_minutes) if one.rhythm == rhythm)
    return next(one for one in fits if rhythm != Rhythm.INTERVAL or one.interval_minutes == interval_minutes)


def shrunk(points: float, weeks: float, stops: float, site_points_a_stop_week: float) -> float:
    """Risk points a week of a round: its own, and ``PRIOR_WEEKS`` of what so many stops have on the site (Gamma-Poisson
    mean with expectations that differ beforehand: Bühlmann and Gisler, A Course in Credibility Theory, 2005). ``stops``
    may be weighted by what is expected of each."""
    return (points + PRIOR_WEEKS * stops * site_points_a_stop_week) / (weeks + PRIOR_WEEKS)


def unseen(points_a_week: float, per_week: float) -> float:
    """Risk points times hours that stay unseen in a week."""
    return points_a_week * WEEK_H / (2 * per_week)


def hours(round_: Round, pace: Pace) -> float:
    """Hours a week that the round takes at ``pace``."""
    return pace.per_week * round_.minutes / 60


def allot(
    rounds: Sequence[Round],
    weeks: float,
    budget_h: float,
    shifts: int,
    refused: frozenset[tuple[int, str]] = frozenset(),
) -> list[Advice]:
    """The paces that leave least unseen at ``budget_h`` hours a week or less, for rounds that should change; those that
    save most an hour first. Hours that are needed now already are always granted. ``refused``: plan and ``key`` of a
    pace that people declined.
    """
    advised: list[Advice] = []
    for one, a_week in zip(rounds, _a_week(rounds, weeks), strict=True):
        now = unseen(a_week, one.pace.per_week)
        for pace in paces(shifts):
            other = pace.per_week != one.pace.per_week and pace.per_week >= one.least_per_week
            if other and (one.plan_id, key(pace)) not in refused:
                further = hours(one, pace) - hours(one, one.pace)
                advised.append(Advice(one, pace, further, now, unseen(a_week, pace.per_week)))
    spare = max(0.0, budget_h - sum(hours(one, one.pace) for one in rounds))
    candidates = [Candidate(one.round.plan_id, one.unseen_now - one.unseen_then, one.hours) for one in advised]
    taken = [advised[place] for place in choose(candidates, spare)]
    return sorted(taken, key=lambda one: (one.hours > 0, -(one.unseen_now - one.unseen_then) / max(one.hours, 1e-6)))


@lru_cache(maxsize=256)
def allotted(
    rounds: tuple[Round, ...], weeks: float, budget_h: float, shifts: int, refused: frozenset[tuple[int, str]]
) -> tuple[Advice, ...]:
    """``allot``, kept: it depends on nothing else, and pages ask for the same until a round, a plan or the budget
    changes."""
    return tuple(allot(rounds, weeks, budget_h, shifts, refused))


def left_unseen(rounds: Sequence[Round], weeks: float) -> float:
    """What all rounds leave unseen in a week as they are walked now."""
    pairs = zip(rounds, _a_week(rounds, weeks), strict=True)
    return sum(unseen(a_week, one.pace.per_week) for one, a_week in pairs)


def _a_week(rounds: Sequence[Round], weeks: float) -> list[float]:
    """Risk points a week of each round, those with few records by what their risk points let expect."""
    whole = sum(one.exposure for one in rounds)
    mean = sum(one.points for one in rounds) / weeks / whole if whole else 0.0
    return [shrunk(one.points, weeks, one.exposure, mean) for one in rounds]


def key(pace: Pace) -> str:
    """A pace as one word: ``shift``, ``interval:240``."""
    return f"{pace.rhythm}:{pace.interval_minutes}" if pace.rhythm == Rhythm.INTERVAL else str(pace.rhythm)
