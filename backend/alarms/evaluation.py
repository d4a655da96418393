"""How a rule judges: state in, state and changes out; no IO, no clock, the same answer however values are batched.

Each kind of rule is a comparator with hysteresis (the deadband); behind it stand the same two delays. A value
holds until the next one (zero-order hold), so a delay that ends between two values ends at its own moment.
Moments are seconds since the epoch, UTC. ``alarms.judge`` keeps the states and calls this.
"""

import math
from typing import NamedTuple

import msgspec

from backend.alarms.parameters import HIGH, Deviation, Limit, Parameters, Rate, Silence, Threshold

NEVER = 0.0
SAMPLES_KEPT = 60


class Rule(msgspec.Struct, frozen=True):
    """What the judging of one rule needs. ``deadband`` is in the unit of what is compared."""

    parameters: Parameters
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


class Condition(msgspec.Struct, frozen=True, array_like=True):
    """One limit: beyond it or not, since when, and whether that has been told (``active``)."""

    over: bool = False
    since: float = NEVER
    active: bool = False
    value: float = 0.0
    """What was compared when it last mattered, for the alarm's text."""


NORMAL = Condition()


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a rule remembers. ``at`` is the latest moment it judged: an older or equal value changes nothing."""

    at: float = NEVER
    conditions: dict[str, Condition] = {}
    samples: tuple[tuple[float, float], ...] = ()
    """Moments and values of the rate's window, oldest first, at most ``SAMPLES_KEPT`` + 1."""
    seen: float = NEVER
    """When a live value was last received (silence)."""


class Change(NamedTuple):
    """A condition was raised or went back at moment ``at``."""

    limit: str
    raised: bool
    at: float
    value: float
    limit_value: float


class Verdict(NamedTuple):
    """The new state and what changed, in order of time."""

    state: State
    changes: list[Change]


def on_value(rule: Rule, state: State, at: float, value: float, received: float = NEVER) -> Verdict:
    """Judge a value of moment ``at``; ``received`` is when it came in (only silence asks)."""
    if at <= state.at:
        return Verdict(state, [])
    if isinstance(rule.parameters, Silence):
        return _heard(rule, state, at, max(received, state.seen))
    conditions, changes = _settle(rule, state.conditions, at)
    measures, samples = _measure(rule.parameters, state.samples, at, value)
    for name, measure in measures.items():
        known = conditions.get(name, NORMAL)
        compared = _compare(rule, known, name, measure, at)
        if compared is not known:
            conditions[name] = compared
    conditions, at_once = _settle(rule, conditions, at)
    return Verdict(State(at, conditions, samples, state.seen), changes + at_once)


def on_time(rule: Rule, state: State, moment: float, listening_since: float = NEVER) -> Verdict:
    """Let time pass to ``moment`` without a value: delays end, silence begins.

    Silence counts from ``listening_since`` at the earliest: while nobody listened, nobody was silent.
    """
    conditions = state.conditions
    if isinstance(rule.parameters, Silence):
        due = max(state.seen, listening_since) + rule.parameters.after_s
        known = conditions.get("SILENT", NORMAL)
        if not known.over and due <= moment:
            conditions = {"SILENT": Condition(True, due, known.active, rule.parameters.after_s)}
    settled, changes = _settle(rule, conditions, moment)
    if not changes and conditions is state.conditions:
        return Verdict(state, [])
    return Verdict(msgspec.structs.replace(state, conditions=settled), changes)


def waits(state: State) -> bool:
    """Whether the passing of time alone may change something (a delay runs)."""
    return any(c.over != c.active for c in state.conditions.values())


def quiet_band(rule: Rule, state: State) -> tuple[float, float]:
    """Values strictly between the two change nothing in ``state`` but its moment; (inf, -inf) when there are none."""
    low, high = -math.inf, math.inf
    if not isinstance(rule.parameters, Threshold) or waits(state):
        return math.inf, -math.inf
    for name, limit in rule.parameters.limits.items():
        over = name in state.conditions and state.conditions[name].over
        if name in HIGH:
            low, high = (max(low, limit.value - rule.deadband), high) if over else (low, min(high, limit.value))
        else:
            low, high = (low, min(high, limit.value + rule.deadband)) if over else (max(low, limit.value), high)
    return low, high


def limit_of(parameters: Parameters, name: str) -> Limit | None:
    """The limit called ``name``, or None where these parameters don't have it."""
    match parameters:
        case Threshold(limits):
            return limits.get(name)
        case Rate(per_minute, _, direction):
            known = {"RISE": ("rise", "both"), "FALL": ("fall", "both")}.get(name, ())
            return Limit(per_minute if name == "RISE" else -per_minute) if direction in known else None
        case Silence(after_s):
            return Limit(after_s) if name == "SILENT" else None
        case Deviation(limit, _, _):
            return Limit(limit) if name == "DEVIATION" else None


def kept_for(parameters: Parameters, state: State) -> State:
    """``state`` without conditions that an edited rule no longer has."""
    kept = {name: c for name, c in state.conditions.items() if limit_of(parameters, name)}
    return state if len(kept) == len(state.conditions) else msgspec.structs.replace(state, conditions=kept)


def _heard(rule: Rule, state: State, at: float, received: float) -> Verdict:
    passed = on_time(rule, state, received, listening_since=received)
    known = passed.state.conditions.get("SILENT", NORMAL)
    spoken = {"SILENT": Condition(False, received, known.active, 0.0)} if known.over else passed.state.conditions
    settled, at_once = _settle(rule, spoken, received)
    return Verdict(State(at, settled, (), received), passed.changes + at_once)


def _measure(
    parameters: Parameters, samples: tuple[tuple[float, float], ...], at: float, value: float
) -> tuple[dict[str, float], tuple[tuple[float, float], ...]]:
    """What each condition compares, and the samples kept for the next value."""
    match parameters:
        case Threshold(limits):
            return dict.fromkeys(limits, value), ()
        case Rate(_, window_s, direction):
            kept, known = slope(samples, at, value, window_s)
            names = {"rise": ("RISE",), "fall": ("FALL",), "both": ("RISE", "FALL")}[direction]
            return ({} if known is None else dict.fromkeys(names, known)), kept
        case Deviation():
            return {"DEVIATION": value}, ()
        case Silence():
            return {}, ()


def slope(
    samples: tuple[tuple[float, float], ...], at: float, value: float, window_s: float
) -> tuple[tuple[tuple[float, float], ...], float | None]:
    """Change per minute since the window's start; None while less than half the window is known."""
    first = 0
    while first < len(samples) and samples[first][0] < at - window_s:
        first += 1
    kept = samples[first:] if first else samples
    found = None
    if kept and at - kept[0][0] >= window_s / 2:
        found = (value - kept[0][1]) / (at - kept[0][0]) * 60
    if not kept or at - kept[-1][0] >= window_s / SAMPLES_KEPT:
        kept = (*kept, (at, value))
    return kept, found


def _compare(rule: Rule, known: Condition, name: str, measure: float, at: float) -> Condition:
    limit = limit_of(rule.parameters, name)
    if limit is None:
        return known
    slack = rule.deadband if known.over else 0.0
    rising = name in HIGH or name in {"RISE", "DEVIATION"}
    over = measure >= limit.value - slack if rising else measure <= limit.value + slack
    if over == known.over:
        return known if over == known.active else Condition(over, known.since, known.active, measure)
    return Condition(over, at, known.active, measure)


def _settle(rule: Rule, conditions: dict[str, Condition], moment: float) -> tuple[dict[str, Condition], list[Change]]:
    """End the delays that are over by ``moment``, the earliest first."""
    settled, changes = dict(conditions), []
    for name, condition in conditions.items():
        delay = rule.on_delay_s if condition.over else rule.off_delay_s
        if condition.over == condition.active or condition.since + delay > moment:
            continue
        limit = limit_of(rule.parameters, name)
        settled[name] = Condition(condition.over, condition.since, condition.over, condition.value)
        limit_value = limit.value if limit else 0.0
        changes.append(Change(name, condition.over, condition.since + delay, condition.value, limit_value))
    changes.sort(key=lambda change: change.at)
    return settled, changes
