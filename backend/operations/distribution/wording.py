"""What sources, periods, types and filters of the distribution are called. Pure."""

from collections.abc import Mapping
from datetime import date

from backend.alarms.labels import LEVELS
from backend.core import phrases
from backend.core.errors import N_
from backend.hazards.accidents import ACCIDENTS
from backend.hazards.reports.wording import FACTORS
from backend.incidents.history.periods import Against, Step
from backend.incidents.history.wording import WEEKDAYS
from backend.incidents.wording import KINDS
from backend.operations.distribution.asked import HOURS, NONE, Preset, Source
from backend.plant.models import PointKind

SOURCES: Mapping[str, str] = {Source.ALARM: N_("预警报警"), Source.HAZARD: N_("隐患"), Source.INCIDENT: N_("事件")}
PRESETS = {
    Preset.WEEK: N_("7 天"),
    Preset.MONTH: N_("30 天"),
    Preset.QUARTER: N_("90 天"),
    Preset.YEAR: N_("一年"),
}
AGAINSTS = {Against.PREVIOUS: N_("上一段"), Against.YEAR: N_("去年同期")}
POINTS = {
    PointKind.EQUIPMENT: N_("设备运行"),
    PointKind.ENVIRONMENT: N_("环境"),
    PointKind.QUALITY: N_("产品质量"),
    PointKind.OPERATION: N_("操作和控制"),
}
TYPES: Mapping[str, Mapping[str, str]] = {
    Source.ALARM: {str(kind): words for kind, words in POINTS.items()},
    Source.HAZARD: {str(factor): words for factor, words in FACTORS.items()},
    Source.INCIDENT: {str(kind): words for kind, words in KINDS.items()},
}
TYPE_HEADS = {
    Source.ALARM: N_("按测点种类"),
    Source.HAZARD: N_("按人、物、环、管（GB/T 13861-2022）"),
    Source.INCIDENT: N_("按事件类型"),
}
FILTERS = {
    "level": N_("级别"),
    "type": N_("类型"),
    "accident": N_("事故类型"),
    "stage": N_("环节"),
    "area": N_("区域"),
    "team": N_("班组"),
    "post": N_("岗位"),
    "cause": N_("原因"),
    "weekday": N_("星期"),
    "hour": N_("时段"),
}
UNKNOWN = {
    "type": N_("没有分类"),
    "accident": N_("没有写明事故类型"),
    "stage": N_("没有归到环节"),
    "area": N_("没有归到区域"),
    "team": N_("没有归到班组"),
    "post": N_("没有责任岗位"),
    "cause": N_("没有查到原因"),
}
"""What facts are called of which it isn't known."""
NOT_GRADED = N_("还没有评级")
STOCK_FILTERS = {
    "level": N_("现有级别"),
    "inherent": N_("固有级别"),
    "area": FILTERS["area"],
    "stage": FILTERS["stage"],
    "accident": FILTERS["accident"],
    "post": N_("责任岗位"),
}
"""By what the stock of risk points is narrowed."""
HOURS_OF_DAY = range(0, 24, HOURS)
_TYPES = {code: words for of in TYPES.values() for code, words in of.items()}
_ACCIDENTS = {str(one): words for one, words in ACCIDENTS.items()}
_WEEKDAYS = {str(number): words for number, words in enumerate(WEEKDAYS, start=1)}


def type_words(source: str, code: str) -> str:
    """The msgid of a type."""
    return TYPES[source].get(code, code) if code else UNKNOWN["type"]


def chosen(source: str, name: str, value: str) -> str | None:
    """The msgid of a value that the distribution is narrowed to; None where people named it."""
    if value == NONE:
        return UNKNOWN.get(name, value)
    if name == "type":
        return TYPES.get(source, _TYPES).get(value, value)
    if name == "hour":
        return hour_words(int(value)) if value.isascii() and value.isdigit() and int(value) in HOURS_OF_DAY else value
    words = {"level": LEVELS, "weekday": _WEEKDAYS, "accident": _ACCIDENTS}.get(name)
    return words.get(value, value) if words else None


def hour_words(hour: int) -> str:
    """``8:00–10:00``."""
    return f"{hour}:00–{hour + HOURS}:00"


def bucket_words(locale: str, first: date, step: Step) -> str:
    """A step of the trend: ``11月23日`` for days and weeks, ``2026-11`` for months."""
    return f"{first:%Y-%m}" if step == Step.MONTH else phrases.day(locale, first)
