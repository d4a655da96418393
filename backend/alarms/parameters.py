"""What a rule is told to look for: typed parameters by kind, and what is wrong with them in words for the form.

Stored in ``AlarmRule.parameters``; ``evaluation`` judges by them.
"""

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from backend.alarms.models import Level, RuleKind
from backend.core.errors import N_

HIGH = ("H", "HH")
LOW = ("LL", "L")
LIMIT_NAMES = ("LL", "L", "H", "HH")
LONGEST_DELAY_S = 86_400.0


class Limit(msgspec.Struct, frozen=True):
    """A value in the point's unit; ``level`` empty means the rule's own."""

    value: float
    level: str = ""


class Threshold(msgspec.Struct, frozen=True):
    """Limits by name (LL, L, H, HH): reaching one is a breach."""

    limits: dict[str, Limit]


class Rate(msgspec.Struct, frozen=True):
    """Change of the value per minute, measured over ``window_s`` seconds."""

    per_minute: float
    window_s: float = 60.0
    direction: Literal["rise", "fall", "both"] = "both"


class Silence(msgspec.Struct, frozen=True):
    """No live value received for ``after_s`` seconds."""

    after_s: float


class Deviation(msgspec.Struct, frozen=True):
    """Joint score of the learned normal's points; 1 is the limit that its false-alarm rate gives."""

    limit: float = 1.0
    false_alarm_rate: float = 0.01
    max_age_s: float = 600.0
    """A point whose last value is older counts as missing."""


Parameters = Threshold | Rate | Silence | Deviation

_TYPES: dict[str, type[Parameters]] = {
    RuleKind.THRESHOLD: Threshold,
    RuleKind.RATE: Rate,
    RuleKind.SILENCE: Silence,
    RuleKind.DEVIATION: Deviation,
}


class ParametersError(ValueError):
    """Parameters that can't be judged by; ``fields`` maps a form field to what is wrong (msgid)."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in fields.items()))
        self.fields = dict(fields)


def read_parameters(kind: str, stored: Mapping[str, Any]) -> Parameters:
    """Parameters of ``kind`` from JSON. Raises ParametersError with a message a field."""
    if kind not in _TYPES:
        raise ParametersError({"kind": N_("请选择规则类型")})
    try:
        parameters = msgspec.convert(stored, _TYPES[kind])
    except msgspec.ValidationError as error:
        raise ParametersError({"parameters": N_("参数不完整或格式不对")}) from error
    faults = parameter_faults(parameters)
    if faults:
        raise ParametersError(faults)
    return parameters


def stored_form(parameters: Parameters) -> dict[str, Any]:
    """As JSON, for ``AlarmRule.parameters``."""
    return dict(msgspec.to_builtins(parameters))


def limit_names(kind: str, stored: Mapping[str, Any]) -> frozenset[str]:
    """Names of the conditions that a rule of ``kind`` with these parameters judges."""
    if kind == RuleKind.THRESHOLD:
        return frozenset(stored.get("limits", {}))
    if kind == RuleKind.RATE:
        return {"rise": frozenset({"RISE"}), "fall": frozenset({"FALL"})}.get(
            stored.get("direction", "both"), frozenset({"RISE", "FALL"})
        )
    return frozenset({"SILENT"} if kind == RuleKind.SILENCE else {"DEVIATION"})


def parameter_faults(parameters: Parameters) -> dict[str, str]:
    """Form field → what is wrong with it; empty when all is well."""
    match parameters:
        case Threshold(limits):
            return _limit_faults(limits)
        case Rate(per_minute, window_s, _):
            return _positive("per_minute", per_minute) | _between("window_s", window_s, 5, LONGEST_DELAY_S)
        case Silence(after_s):
            return _between("after_s", after_s, 2, 7 * LONGEST_DELAY_S)
        case Deviation(limit, false_alarm_rate, max_age_s):
            faults = _positive("limit", limit) | _between("max_age_s", max_age_s, 1, 7 * LONGEST_DELAY_S)
            if not 0 < false_alarm_rate <= 0.5:
                faults["false_alarm_rate"] = N_("误报率应在 0 到 0.5 之间")
            return faults


def timing_faults(parameters: Parameters, *, deadband: float, on_delay_s: float, off_delay_s: float) -> dict[str, str]:
    """What is wrong with the delays and the deadband of a rule with these ``parameters``."""
    faults = _between("on_delay_s", on_delay_s, 0, LONGEST_DELAY_S)
    faults |= _between("off_delay_s", off_delay_s, 0, LONGEST_DELAY_S)
    if not (math.isfinite(deadband) and deadband >= 0):
        faults["deadband"] = N_("回差不能为负数")
    elif isinstance(parameters, Threshold) and _never_returns(parameters.limits, deadband):
        faults["deadband"] = N_("回差太大：回到正常区间也不会恢复")
    elif isinstance(parameters, Rate | Deviation) and deadband >= _only_limit(parameters):
        faults["deadband"] = N_("回差应小于限值")
    return faults


def _only_limit(parameters: Rate | Deviation) -> float:
    return parameters.per_minute if isinstance(parameters, Rate) else parameters.limit


def _never_returns(limits: Mapping[str, Limit], deadband: float) -> bool:
    """Whether no value lies both above the low limits and below the high ones by the deadband."""
    low = max((limits[name].value for name in LOW if name in limits), default=-math.inf)
    high = min((limits[name].value for name in HIGH if name in limits), default=math.inf)
    return low + deadband >= high - deadband


def _limit_faults(limits: Mapping[str, Limit]) -> dict[str, str]:
    if not limits:
        return {"limits": N_("至少填写一个限值")}
    faults = {}
    lower: float | None = None
    for name in LIMIT_NAMES:
        limit = limits.get(name)
        if limit is None:
            continue
        if not math.isfinite(limit.value):
            faults[f"limit_{name}"] = N_("请填写数字")
        elif lower is not None and limit.value <= lower:
            faults[f"limit_{name}"] = N_("限值应从低低到高高依次增大")
        elif limit.level and limit.level not in set(Level):
            faults[f"limit_{name}"] = N_("请选择等级")
        lower = limit.value
    unknown = set(limits) - set(LIMIT_NAMES)
    return faults | dict.fromkeys(sorted(unknown), N_("没有这个限值名称"))


def _positive(name: str, value: float) -> dict[str, str]:
    return {} if math.isfinite(value) and value > 0 else {name: N_("请填写大于 0 的数字")}


def _between(name: str, value: float, low: float, high: float) -> dict[str, str]:
    if math.isfinite(value) and low <= value <= high:
        return {}
    return {name: _RANGE_FAULTS.get(name, N_("数字超出允许范围"))}


_RANGE_FAULTS = {
    "on_delay_s": N_("延时应在 0 到 86400 秒之间"),
    "off_delay_s": N_("延时应在 0 到 86400 秒之间"),
    "window_s": N_("时间窗应在 5 到 86400 秒之间"),
    "after_s": N_("无数据时间应不少于 2 秒，不超过 7 天"),
    "max_age_s": N_("最长有效时间应在 1 秒到 7 天之间"),
}
