"""An earlier limit for a rule whose alarm came late: replayed over what the point read before. Pure.

Candidates lie between the limit in force and the middle of the readings, a tenth of the way apart. Chosen is the one
that would have raised soonest in the incident while it raises at most ``MOST_MORE`` times more often in 30 days; the
rule's own deadband and delays are kept, and judged by what judges live values (``alarms.evaluation``).
"""

from dataclasses import dataclass, replace
from math import floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from backend.alarms.evaluation import Rule, State, on_value, quiet_band, waits
from backend.alarms.parameters import HIGH, Limit, Threshold, parameter_faults, timing_faults
from backend.lessons.reviewed.moving import with_limit

LEAD_S = 3600.0
"""So long before the alarm readings belong to the incident, not to what is usual."""
LEAST_DAYS = 1.0
LEAST_VALUES = 200
MOST_MORE = 2
MOST_MORE_DAYS = 30
"""So many further alarms in so many days are borne for an earlier one, in fewer days in proportion."""
SOONER_S = 60.0
"""Less earlier isn't worth a change."""
_STEPS = 8
_FIGURES = 3
_WINDOW = 1024
_SLACK = 0.05
"""Deadband of a new limit, as a share of how far the point went."""


@dataclass(frozen=True)
class Course:
    """What a point read before an alarm, the oldest first: moments (seconds since the epoch) and values. Of each minute
    its worst value at the minute's end, so that nothing is seen sooner than it was."""

    at: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Tighter:
    """A limit to be set: its name, the value and the one before (None: there was none); how often it would have raised
    in ``days`` before the incident, and how often the rule did as it was; by how many seconds it would have been
    sooner."""

    limit: str
    value: float
    before: float | None
    raises: int
    raises_now: int
    days: float
    sooner_s: float


def tighter(rule: Rule, name: str, course: Course, alarm_at: float) -> Tighter | None:
    """The earlier limit on the side of the limit ``name`` at which the alarm was raised.

    None: the readings are too few, or no limit is sooner without crying wolf.
    """
    if not isinstance(rule.parameters, Threshold) or name not in rule.parameters.limits:
        return None
    early = "H" if name in HIGH else "L"
    limits = rule.parameters.limits
    edge = limits.get(early) or limits[name]
    usual = course.at < alarm_at - LEAD_S
    days = float(course.at[usual][-1] - course.at[usual][0]) / 86_400 if usual.sum() >= LEAST_VALUES else 0.0
    span = edge.value - float(np.median(course.values[usual])) if days >= LEAST_DAYS else 0.0
    if not isfinite(span) or ((span <= 0) if early == "H" else (span >= 0)):
        return None
    most = round(MOST_MORE * min(days / MOST_MORE_DAYS, 1.0))
    present = _replayed(rule, early if early in limits else name, edge, course, alarm_at)
    best: Tighter | None = None
    for step in range(1, _STEPS + 1):
        value = _rounded(edge.value - span * step / 10, abs(span) / 10)
        if not _may_stand(rule, with_limit(limits, early, value)):
            break
        raises, first_at = _replayed(rule, early, Limit(value), course, alarm_at)
        if raises > present[0] + most:
            break
        sooner = (present[1] or alarm_at) - (first_at or alarm_at)
        if sooner >= SOONER_S and (best is None or sooner > best.sooner_s):
            before = limits[early].value if early in limits else None
            best = Tighter(early, value, before, raises, present[0], days, sooner)
    return best


def first_limit(course: Course, seen_at: float, *, high: bool) -> tuple[Tighter, float] | None:
    """A limit, and its deadband, for a point that no rule watches, though it moved first: before what it reached within
    ``LEAD_S`` of ``seen_at``, when people saw something. None as in ``tighter``."""
    within, usual = course.at >= seen_at - LEAD_S, course.at < seen_at - LEAD_S
    if not within.any() or not usual.any():
        return None
    reached = float(course.values[within].max() if high else course.values[within].min())
    deadband = abs(reached - float(np.median(course.values[usual]))) * _SLACK
    name = "H" if high else "L"
    found = tighter(Rule(Threshold({name: Limit(reached)}), deadband), name, course, seen_at)
    if found is None:
        return None
    _, first_at = _replayed(
        Rule(Threshold({name: Limit(found.value)}), deadband), name, Limit(found.value), course, seen_at
    )
    sooner = seen_at - (first_at or seen_at)
    return replace(found, before=None, raises_now=0, sooner_s=sooner), float(f"{deadband:.2g}")


def _may_stand(rule: Rule, limits: dict[str, Limit]) -> bool:
    wanted = Threshold(limits)
    timing = {"deadband": rule.deadband, "on_delay_s": rule.on_delay_s, "off_delay_s": rule.off_delay_s}
    return not parameter_faults(wanted) and not timing_faults(wanted, **timing)


def _replayed(rule: Rule, name: str, limit: Limit, course: Course, alarm_at: float) -> tuple[int, float | None]:
    """How often one limit raised in the days before, and when first within ``LEAD_S`` of the alarm."""
    alone = Rule(Threshold({name: limit}), rule.deadband, rule.on_delay_s, rule.off_delay_s)
    moments = _raised(alone, course)
    before = [at for at in moments if at < alarm_at - LEAD_S]
    within = [at for at in moments if alarm_at - LEAD_S <= at <= alarm_at]
    return len(before), within[0] if within else None


def _raised(rule: Rule, course: Course) -> list[float]:
    """When the rule raised. Values that change nothing are passed over at once: there are 43,000 minutes in 30 days."""
    state, place, raised = State(), 0, []
    while place < len(course.at):
        if not waits(state):
            place = _next_loud(course.values, place, *quiet_band(rule, state))
            if place == len(course.at):
                break
        state, changes = on_value(rule, state, float(course.at[place]), float(course.values[place]))
        raised += [change.at for change in changes if change.raised]
        place += 1
    return raised


def _next_loud(values: NDArray[np.float64], place: int, low: float, high: float) -> int:
    """The place of the next value that isn't strictly between the two; behind the last where there is none."""
    while place < len(values):
        ahead = values[place : place + _WINDOW]
        loud = (ahead <= low) | (ahead >= high)
        if loud.any():
            return place + int(np.argmax(loud))
        place += _WINDOW
    return len(values)


def _rounded(value: float, step: float) -> float:
    """As people write limits: to ``_FIGURES`` figures of the value, or finer where a step is smaller than that."""
    if not isfinite(value) or value == 0.0:
        return value
    digits = max(_FIGURES - 1 - floor(log10(abs(value))), 1 - floor(log10(step)))
    return round(value, digits)
