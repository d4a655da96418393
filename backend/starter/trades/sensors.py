"""What a kind of equipment is usually measured by, and the rules that wait for it: typed and checked. Pure.

Limits are where such works begin; each rule says where its own come from, so that a site can set them by its papers.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from backend.alarms.models import Level, RuleKind
from backend.alarms.parameters import ParametersError, Threshold, read_parameters, timing_faults
from backend.core.strict import Strict
from backend.plant.models import PointKind

WIDEST_DEADBAND = 0.1
"""Share of a point's range: a wider one keeps alarms standing long after all is well."""


class RuleTemplate(Strict, frozen=True):
    """A rule of each such point, as in ``alarms.drafts.RuleDraft``. ``basis`` says where the limits come from."""

    kind: RuleKind
    name: str
    name_en: str
    level: Level
    parameters: dict[str, Any]
    advice: str
    advice_en: str
    basis: str
    basis_en: str
    warning: bool = False
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    latched: bool = False


class PointTemplate(Strict, frozen=True):
    """A measured variable of each machine of a kind; its code is the machine's with ``suffix``."""

    suffix: str
    name: str
    name_en: str
    unit: str
    range_low: float
    range_high: float
    decimals: int
    expected_interval_s: float
    rules: list[RuleTemplate]
    kind: PointKind = PointKind.EQUIPMENT


def point_faults(points: Sequence[PointTemplate]) -> Iterator[str]:
    """What is wrong with the points of a kind: doubled, untranslated, ranges, rules that can't be judged by."""
    yield from (
        f"point {suffix}: given {n} times" for suffix, n in Counter(one.suffix for one in points).items() if n > 1
    )
    for point in points:
        who = f"point {point.suffix}"
        if not (point.name.strip() and point.name_en.strip()):
            yield f"{who}: name is missing in a language"
        if not point.range_low < point.range_high:
            yield f"{who}: range_low must be below range_high"
        if point.expected_interval_s <= 0 or not 0 <= point.decimals <= 6:
            yield f"{who}: expected_interval_s above 0, decimals 0 to 6"
        names = Counter(rule.name for rule in point.rules)
        yield from (f"{who}: rule {name}: given {n} times" for name, n in names.items() if n > 1)
        for rule in point.rules:
            yield from (f"{who}: rule {rule.name_en or rule.name}: {fault}" for fault in _rule_faults(rule, point))


def _rule_faults(rule: RuleTemplate, point: PointTemplate) -> Iterator[str]:
    for field in ("name", "advice", "basis"):
        if not all(str(getattr(rule, name)).strip() for name in (field, f"{field}_en")):
            yield f"{field} is missing in a language"
    if rule.kind not in (RuleKind.THRESHOLD, RuleKind.RATE):
        yield f"{rule.kind} complains of a sensor that was never there; only limits and rates may come with a pack"
        return
    try:
        parameters = read_parameters(rule.kind, rule.parameters)
    except ParametersError as error:
        yield str(error)
        return
    delays = {"on_delay_s": rule.on_delay_s, "off_delay_s": rule.off_delay_s}
    yield from (
        f"{field}: {fault}" for field, fault in timing_faults(parameters, deadband=rule.deadband, **delays).items()
    )
    if isinstance(parameters, Threshold):
        if rule.deadband > WIDEST_DEADBAND * (point.range_high - point.range_low):
            yield "deadband is wider than a tenth of the range"
        for name, limit in parameters.limits.items():
            if not point.range_low < limit.value < point.range_high:
                yield f"limit {name} lies outside the range"
