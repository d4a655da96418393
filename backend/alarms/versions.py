"""What changed from one version of a rule to the next, in words: limits one by one, names of their own. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.alarms.labels import DIRECTIONS, LEVELS, LIMITS
from backend.core.errors import N_
from backend.identity.wording import ChangedField, Words

FIELDS: dict[str, str] = {
    "name": N_("规则名称"),
    "name_en": N_("英文名"),
    "point_id": N_("测点"),
    "level": N_("级别"),
    "warning": N_("早期预警"),
    "deadband": N_("回差"),
    "on_delay_s": N_("触发延时（秒）"),
    "off_delay_s": N_("恢复延时（秒）"),
    "latched": N_("需人工关闭"),
    "enabled": N_("启用"),
    "out_of_service_reason": N_("退出服务原因"),
    "advice": N_("处置建议"),
    "advice_en": N_("英文处置建议"),
    "reason": N_("原因"),
    "per_minute": N_("每分钟变化"),
    "window_s": N_("时间窗（秒）"),
    "direction": N_("方向"),
    "after_s": N_("无数据时间（秒）"),
    "limit": N_("偏离倍数"),
    "false_alarm_rate": N_("误报率"),
    "max_age_s": N_("读数最长有效时间（秒）"),
}
_LEVEL_OF = {"LL": N_("低低限级别"), "L": N_("低限级别"), "H": N_("高限级别"), "HH": N_("高高限级别")}
_HIDDEN = frozenset({"version", "kind"})


def rule_changes(change: Mapping[str, Any]) -> list[ChangedField]:
    """The fields of an audit entry of a rule, as ``{"field": [before, after]}``; what didn't change is left out."""
    return [
        ChangedField(_named(name), _value(name, before), _value(name, after))
        for name, before, after in _parts(change)
        if before != after and not (_nothing(before) and _nothing(after))
    ]


def version_of(change: Mapping[str, Any]) -> int:
    """Which version the change made; the first one has no number before."""
    pair = change.get("version")
    return int(pair[1]) if isinstance(pair, list) and len(pair) == 2 else 1


def _nothing(value: Any) -> bool:
    return value is None or value == "" or value is False or value == 0


def _parts(change: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, pair in change.items():
        if name in _HIDDEN or not (isinstance(pair, list) and len(pair) == 2):
            continue
        if name == "parameters":
            before, after = (dict(_flat(side or {})) for side in pair)
            for part in before | after:
                yield part, before.get(part), after.get(part)
        else:
            yield name, *pair


def _flat(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Parameters field by field; a limit as its value and its level."""
    for name, value in parameters.items():
        if name == "limits":
            for limit, parts in value.items():
                yield f"limit_{limit}", parts.get("value")
                yield f"level_{limit}", parts.get("level") or None
        else:
            yield name, value


def _named(name: str) -> Words:
    kind, _, limit = name.partition("_")
    if kind == "limit" and limit in LIMITS:
        return Words(LIMITS[limit])
    if kind == "level" and limit in _LEVEL_OF:
        return Words(_LEVEL_OF[limit])
    return Words(FIELDS[name]) if name in FIELDS else Words(plain=name)


def _value(name: str, value: Any) -> Words:
    if value is None or value == "":
        return Words()
    if isinstance(value, bool):
        return Words(N_("是") if value else N_("否"))
    if isinstance(value, float):
        return Words(plain=f"{value:.12g}")
    if name.startswith("level") and value in LEVELS:
        return Words(LEVELS[value])
    return Words(DIRECTIONS[value]) if name == "direction" and value in DIRECTIONS else Words(plain=str(value))
