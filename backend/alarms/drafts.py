"""A rule as a person writes it: from form fields or JSON to checked values, and back, with messages beside fields.

Pure. Field names are those of the form: ``limit_HH``, ``level_HH``, ``on_delay_s`` …
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.alarms.parameters import (
    LIMIT_NAMES,
    Parameters,
    ParametersError,
    read_parameters,
    stored_form,
    timing_faults,
)
from backend.core.errors import N_, Invalid

KINDS = (RuleKind.THRESHOLD, RuleKind.RATE, RuleKind.SILENCE, RuleKind.DEVIATION)
_NUMBERS: dict[str, tuple[str, ...]] = {
    RuleKind.RATE: ("per_minute", "window_s"),
    RuleKind.SILENCE: ("after_s",),
    RuleKind.DEVIATION: ("limit", "false_alarm_rate", "max_age_s"),
}


@dataclass(frozen=True)
class RuleDraft:
    """What a person may set of a rule. Durations in seconds, the deadband in the unit of the limits."""

    kind: str
    name: str
    parameters: dict[str, Any]
    point_id: int | None = None
    name_en: str = ""
    level: str = Level.GENERAL
    warning: bool = False
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    latched: bool = False
    enabled: bool = True
    advice: str = ""
    advice_en: str = ""
    reason: str = ""
    """Why it was changed; needed to switch off a rule that guards level major."""

    def checked(self) -> "RuleDraft":
        """The draft with its parameters in stored form. Raises Invalid with a message a field."""
        faults: dict[str, str] = {}
        parameters: Parameters | None = None
        try:
            parameters = read_parameters(self.kind, self.parameters)
        except ParametersError as error:
            faults |= error.fields
        if parameters is not None:
            faults |= timing_faults(
                parameters, deadband=self.deadband, on_delay_s=self.on_delay_s, off_delay_s=self.off_delay_s
            )
        if not self.name.strip():
            faults["name"] = N_("请填写规则名称")
        if self.level not in set(Level):
            faults["level"] = N_("请选择等级")
        if self.point_id is None and self.kind != RuleKind.DEVIATION:
            faults["point_id"] = N_("请选择测点")
        if faults or parameters is None:
            raise Invalid(fields=faults)
        return replace(self, name=self.name.strip(), parameters=stored_form(parameters))


def levels_of(level: str, parameters: Mapping[str, Any]) -> set[str]:
    """Levels an alarm of such a rule may have."""
    limits = parameters.get("limits", {})
    own = {limit.get("level") or level for limit in limits.values()} if limits else set()
    return own or {level}


def draft_of(rule: AlarmRule) -> RuleDraft:
    """The rule as it stands, ready to be changed."""
    names = set(RuleDraft.__dataclass_fields__) - {"reason"}
    return RuleDraft(**{name: getattr(rule, name) for name in names})


def draft_from_form(form: Mapping[str, str]) -> RuleDraft:
    """What a form says, unchecked but for numbers. Raises Invalid for text where a number belongs."""
    faults: dict[str, str] = {}

    def number(name: str, default: float = 0.0) -> float:
        value = read_number(form.get(name, ""), default)
        if value is None:
            faults[name] = N_("请填写数字")
        return default if value is None else value

    kind = form.get("kind", "")
    point = form.get("point_id", "").strip()
    draft = RuleDraft(
        kind=kind,
        name=form.get("name", ""),
        name_en=form.get("name_en", "").strip(),
        point_id=int(point) if point.isdecimal() and kind != RuleKind.DEVIATION else None,
        level=form.get("level", ""),
        warning="warning" in form,
        parameters=_parameters(kind, form, number),
        deadband=number("deadband"),
        on_delay_s=number("on_delay_s"),
        off_delay_s=number("off_delay_s"),
        latched="latched" in form,
        enabled="enabled" in form,
        advice=form.get("advice", "").strip(),
        advice_en=form.get("advice_en", "").strip(),
        reason=form.get("reason", "").strip(),
    )
    if faults:
        raise Invalid(fields=_with_others(draft, faults))
    return draft


def _with_others(draft: RuleDraft, faults: dict[str, str]) -> dict[str, str]:
    try:
        draft.checked()
    except Invalid as error:
        return error.fields | faults
    return faults


def _parameters(kind: str, form: Mapping[str, str], number: Any) -> dict[str, Any]:
    if kind == RuleKind.THRESHOLD:
        written = [name for name in LIMIT_NAMES if form.get(f"limit_{name}", "").strip()]
        limits = {n: {"value": number(f"limit_{n}"), "level": form.get(f"level_{n}", "")} for n in written}
        return {"limits": limits}
    parameters: dict[str, Any] = {n: number(n) for n in _NUMBERS.get(kind, ()) if form.get(n, "").strip()}
    if kind == RuleKind.RATE:
        parameters["direction"] = form.get("direction") or "both"
    return parameters


def form_of(draft: RuleDraft) -> dict[str, str]:
    """What the form shows of ``draft``; a tick stands as ``on``."""
    shown = {name: _written(value) for name, value in asdict(draft).items() if name != "parameters"}
    for name, value in draft.parameters.items():
        if name != "limits":
            shown[name] = _written(value)
    for name, limit in draft.parameters.get("limits", {}).items():
        shown[f"limit_{name}"] = _written(limit.get("value"))
        shown[f"level_{name}"] = limit.get("level", "")
    return shown


def _written(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def read_number(text: str, default: float) -> float | None:
    """A number as people write it (full-width and comma too); ``default`` for nothing, None for no number."""
    plain = text.strip().replace("，", ".").replace(",", ".").replace("－", "-")
    if not plain:
        return default
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
