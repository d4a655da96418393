"""What periods, figures, verdicts and columns of the history are called. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo

from backend.core import phrases
from backend.core.errors import N_
from backend.hazards.accidents import ACCIDENTS, UNTOLD
from backend.incidents.history.asked import HOURS, UNKNOWN_CAUSE
from backend.incidents.history.comparing import Metric, Verdict
from backend.incidents.history.periods import Against, Period, Preset, Step
from backend.incidents.wording import KINDS, LEVEL_WORDS, PHASES, STATES
from backend.live.wording import EQUIPMENT_CLASSES

PRESETS = {
    Preset.MONTH: N_("本月"),
    Preset.DAYS: N_("近 90 天"),
    Preset.QUARTER: N_("本季"),
    Preset.YEAR: N_("今年"),
    Preset.ALL: N_("全部"),
}
"""One tap away; the days of a period of one's own are typed."""
AGAINST = {Against.PREVIOUS: N_("上一段"), Against.YEAR: N_("去年同期"), Against.CUSTOM: N_("自选")}
STEPS = {
    Step.DAY: N_("每天"),
    Step.WEEK: N_("每周"),
    Step.MONTH: N_("每月"),
    Step.QUARTER: N_("每季"),
    Step.YEAR: N_("每年"),
}
METRICS = {
    Metric.COUNT: N_("事件"),
    Metric.MAJOR: N_("重大事件"),
    Metric.AGAIN: N_("复发"),
    Metric.HURT: N_("有人受伤的事件"),
    Metric.WARNED: N_("事前有预警"),
    Metric.CONTAIN: N_("控制用时"),
    Metric.CLOSE: N_("结束用时"),
    Metric.INJURED: N_("受伤人数"),
    Metric.DEATHS: N_("死亡人数"),
    Metric.LOSS: N_("直接损失（元）"),
}
VERDICTS = {
    Verdict.MORE: N_("确有增加"),
    Verdict.FEWER: N_("确有减少"),
    Verdict.SAME: N_("都没有"),
    Verdict.CHANCE: N_("差异可能是偶然"),
    Verdict.UNKNOWN: N_("数据太少，无法判断"),
    Verdict.UNTESTED: N_("总数常由个别事件决定，不作判断"),
}
WORSE_WHEN_MORE = frozenset(Metric) - {Metric.WARNED}
FILTERS = {
    "stage": N_("环节"),
    "area": N_("区域"),
    "equipment": N_("设备"),
    "class": N_("设备类别"),
    "cause": N_("原因"),
    "level": N_("级别"),
    "kind": N_("类型"),
    "accident": N_("事故类型"),
    "phase": N_("阶段"),
    "state": N_("状态"),
    "weekday": N_("星期"),
    "hour": N_("时段"),
}
"""What the history is narrowed by."""
WEEKDAYS = (N_("星期一"), N_("星期二"), N_("星期三"), N_("星期四"), N_("星期五"), N_("星期六"), N_("星期日"))
SHORT_WEEKDAYS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
UNKNOWN = N_("没有查到原因")
UNTOLD_ACCIDENT = N_("没有写明事故类型")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "class": EQUIPMENT_CLASSES,
    "level": {str(level): words for level, words in LEVEL_WORDS.items()},
    "kind": {str(kind): words for kind, words in KINDS.items()},
    "accident": {**{str(one): words for one, words in ACCIDENTS.items()}, UNTOLD: UNTOLD_ACCIDENT},
    "phase": {str(phase): words for phase, words in PHASES.items()},
    "state": {str(state): words for state, words in STATES.items()},
    "weekday": {str(number): words for number, words in enumerate(WEEKDAYS, start=1)},
    "hour": {str(hour): f"{hour}:00–{hour + HOURS}:00" for hour in range(0, 24, HOURS)},
    "cause": {UNKNOWN_CAUSE: UNKNOWN},
}


def tone_of(metric: Metric, verdict: Verdict) -> str:
    """How a verdict looks: good, bad, or quiet."""
    if verdict not in {Verdict.MORE, Verdict.FEWER}:
        return "quiet"
    return "bad" if (verdict == Verdict.MORE) == (metric in WORSE_WHEN_MORE) else "good"


def chosen(name: str, value: str) -> str | None:
    """The msgid of a value that the history is narrowed to; None where people named it."""
    return _WORDS.get(name, {}).get(value)


def choices(name: str) -> list[tuple[str, str]]:
    """Codes with their msgids, to choose from."""
    return list(_WORDS[name].items())


def class_words(classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes of equipment of a site with what they are called; one that isn't ours is shown as it is written."""
    return [(one, EQUIPMENT_CLASSES.get(one, one)) for one in classes]


def between(first: date, last: date) -> str:
    """``2026-09-01 – 11-27``: days in full, the year of the last left out where it is that of the first."""
    if first == last:
        return first.isoformat()
    return f"{first.isoformat()} – {last:%m-%d}" if first.year == last.year else f"{first} – {last}"


def bucket_words(locale: str, first: date, step: Step) -> str:
    """A column of the trend: ``11月23日`` for days and weeks, ``2026-11``, ``2026 Q4``, ``2026``."""
    if step in {Step.DAY, Step.WEEK}:
        return phrases.day(locale, first)
    if step == Step.MONTH:
        return f"{first:%Y-%m}"
    return f"{first.year} Q{(first.month + 2) // 3}" if step == Step.QUARTER else str(first.year)


def figure(locale: str, metric: Metric, value: float | None) -> str:
    """A figure as people read it: shares in percent, durations in the unit that fits."""
    if value is None:
        return "—"
    if metric == Metric.WARNED:
        return phrases.number(value * 100) + "%"
    if metric in {Metric.CONTAIN, Metric.CLOSE}:
        return phrases.lasting(locale, value * 60)
    return phrases.number(value)


def change(ratio: float | None) -> str:
    """``−25%``; ``×3.2`` from twice as much on; empty where there is nothing to compare with."""
    if ratio is None:
        return ""
    if ratio >= 2:
        return f"×{phrases.number(ratio, 1)}"
    return f"{'+' if ratio > 1 else '−' if ratio < 1 else '±'}{phrases.number(abs(ratio - 1) * 100)}%"


def days_of(period: Period, zone: tzinfo) -> tuple[date, date] | None:
    """First and last day of a period in the site's zone; None where it has no beginning."""
    if period.since is None:
        return None
    last = period.until - timedelta(microseconds=1)
    return period.since.astimezone(zone).date(), last.astimezone(zone).date()
