"""What an alarm is called, in both languages: point, what happened, value with unit, limit.

Titles are stored, so that an alarm keeps the words it was raised with though the point be renamed later.
"""

from typing import NamedTuple

from backend.alarms.parameters import Parameters, Rate, Silence, Threshold

LIMIT_WORDS = {
    "LL": ("低低报", "low-low"),
    "L": ("低报", "low"),
    "H": ("高报", "high"),
    "HH": ("高高报", "high-high"),
    "RISE": ("上升过快", "rising fast"),
    "FALL": ("下降过快", "falling fast"),
    "SILENT": ("无数据", "silent"),
    "DEVIATION": ("多变量偏离正常", "deviates from normal"),
}

ALONE_WORDS = {
    "stuck": ("卡住不动", "is stuck"),
    "new_state": ("处于从未有过的状态", "is in a state never seen"),
    "far_off": ("远离一贯的范围", "is far from where it usually moves"),
}
"""What the single point did that a rule over many points speaks of (``ScoredRow.alone``)."""


class Named(NamedTuple):
    """The point (or rule, where it watches many points) as titles call it."""

    name: str
    name_en: str
    unit: str = ""
    decimals: int = 2


class Title(NamedTuple):
    """One title in two languages."""

    zh: str
    en: str


def figure(value: float, decimals: int) -> str:
    """``value`` with at most ``decimals`` decimals and no idle zeros."""
    text = f"{value:.{max(0, min(decimals, 6))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def alarm_title(parameters: Parameters, limit: str, value: float, limit_value: float, named: Named) -> Title:
    """The title of an alarm of condition ``limit``; ``value`` is what was compared."""
    zh, en = LIMIT_WORDS[limit]
    english = named.name_en or named.name
    seen, bound = figure(value, named.decimals), figure(limit_value, named.decimals)
    match parameters:
        case Threshold():
            unit = f" {named.unit}" if named.unit else ""
            return Title(
                f"{named.name} {zh} {seen}{unit}（限值 {bound}）", f"{english} {en} {seen}{unit} (limit {bound})"
            )
        case Rate():
            seen, bound = figure(abs(value), named.decimals), figure(abs(limit_value), named.decimals)
            return Title(
                f"{named.name} {zh} {seen} {named.unit}/分钟（限值 {bound}）",
                f"{english} {en} {seen} {named.unit}/min (limit {bound})",
            )
        case Silence():
            bound = figure(limit_value, 0)
            return Title(f"{named.name} 已 {bound} 秒无数据", f"{english} silent for {bound} s")
        case _:
            seen, bound = figure(value, 1), figure(limit_value, 1)
            return Title(
                f"{named.name} {zh} {seen} 倍（限值 {bound} 倍）",
                f"{english} {en}, {seen} times (limit {bound})",
            )


def point_title(alone: str, value: float, limit_value: float, rule: Named, point: Named | None) -> Title | None:
    """The title of a deviation that is one point's alone, ``rule`` and its figures after it; None when it is of many
    points, or what the point did has no words."""
    if point is None or alone not in ALONE_WORDS:
        return None
    zh, en = ALONE_WORDS[alone]
    seen, bound = figure(value, 1), figure(limit_value, 1)
    return Title(
        f"{point.name} {zh}（{rule.name} {seen} 倍，限值 {bound} 倍）",
        f"{point.name_en or point.name} {en} ({rule.name_en or rule.name}, {seen} times, limit {bound})",
    )
