"""What a learned normal would have said of a time that is past: its warnings, beside the alarms that there were. Pure.

The rule that would use it decides (``alarms.evaluation``): its rate, its limit, its delays. A warning counts as
followed when an alarm of another kind came while it stood or within an hour after; an alarm as foreseen when such a
warning had begun before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from backend.alarms.evaluation import Change, Rule, State, on_time, on_value
from backend.alarms.models import RuleKind
from backend.alarms.parameters import Deviation, read_parameters, stored_form
from backend.tracing.engine import Normal, Window, detect
from backend.tracing.engine.window import Floats

AFTER_S = 3600.0
MOST_LISTED = 200
"""Warnings and alarms that are kept one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that would have been: seconds since the epoch, how far over the limit (1 = at it), and the point that
    was furthest from its normal then."""

    from_s: float
    to_s: float
    peak: float
    point: str
    alarm_s: float | None = None
    """When the first alarm came that it was followed by."""


@dataclass(frozen=True)
class Outcome:
    """``rows`` judged, ``over`` of them over the limit; when alarms were raised, and how many of them were foreseen."""

    rows: int
    over: int
    warnings: list[Warned]
    alarms_s: list[float]
    foreseen: int

    @property
    def followed(self) -> int:
        """Warnings after which an alarm came."""
        return sum(one.alarm_s is not None for one in self.warnings)


def try_normal(window: Window, normal: Normal, rule: Rule, alarms_s: Iterable[float]) -> Outcome:
    """Judge all rows of ``window`` as the ingest would, and compare with the moments at which alarms were raised."""
    rate = rule.parameters.false_alarm_rate if isinstance(rule.parameters, Deviation) else 0.01
    limit = rule.parameters.limit if isinstance(rule.parameters, Deviation) else 1.0
    scores = detect(window, normal, rate).scores
    raised = sorted(alarms_s)
    warnings = [_followed(one, raised) for one in _warnings(window, normal, rule, scores)]
    foreseen = sum(any(one.from_s < at <= one.to_s + AFTER_S for one in warnings) for at in raised)
    return Outcome(window.rows, int((scores >= limit).sum()), warnings, raised, foreseen)


def _warnings(window: Window, normal: Normal, rule: Rule, scores: Floats) -> list[Warned]:
    if not window.rows:
        return []
    standardised = np.abs(normal.standardised(window.arranged(normal.points).values))
    last, begun, found = float(window.times_s[-1]), None, []
    for change in [*_changes(window, rule, scores), None]:
        if change is not None and change.raised:
            begun = change.at
        elif begun is not None:
            ended = change.at if change else last
            found.append(_warned(window, normal, standardised, scores, begun, ended))
            begun = None
    return found


def _changes(window: Window, rule: Rule, scores: Floats) -> list[Change]:
    """What the rule would have raised and taken back, in order of time."""
    state, changes = State(), []
    for at, score in zip(window.times_s.tolist(), scores.tolist(), strict=True):
        state, new = on_value(rule, state, at, score)
        changes += new
    return changes + on_time(rule, state, float(window.times_s[-1])).changes


def _warned(window: Window, normal: Normal, standardised: Floats, scores: Floats, begun: float, ended: float) -> Warned:
    first = min(int(np.searchsorted(window.times_s, begun)), window.rows - 1)
    last = max(int(np.searchsorted(window.times_s, ended, "right")), first + 1)
    peak = first + int(scores[first:last].argmax())
    return Warned(begun, ended, float(scores[peak]), normal.points[int(standardised[peak].argmax())])


def _followed(warned: Warned, raised: Sequence[float]) -> Warned:
    after = next((at for at in raised if warned.from_s < at <= warned.to_s + AFTER_S), None)
    return replace(warned, alarm_s=after)


def rule_form(rule: Rule) -> dict[str, Any]:
    """A deviation rule as a trial keeps it."""
    delays = {"deadband": rule.deadband, "on_delay_s": rule.on_delay_s, "off_delay_s": rule.off_delay_s}
    return {"parameters": stored_form(rule.parameters), **delays}


def read_rule(stored: Mapping[str, Any]) -> Rule:
    """The inverse of ``rule_form``."""
    delays = {name: float(stored[name]) for name in ("deadband", "on_delay_s", "off_delay_s")}
    return Rule(read_parameters(RuleKind.DEVIATION, stored["parameters"]), **delays)


def stored_outcome(found: Outcome, learned_rows: int) -> dict[str, Any]:
    """As JSON; ``learned_rows`` of the rows are those that the normal was learned from."""
    return {
        "rows": found.rows,
        "over": found.over,
        "learned_rows": learned_rows,
        "alarms": len(found.alarms_s),
        "alarms_s": found.alarms_s[-MOST_LISTED:],
        "foreseen": found.foreseen,
        "warned": len(found.warnings),
        "followed": found.followed,
        "warnings": [asdict(one) for one in found.warnings[-MOST_LISTED:]],
    }
