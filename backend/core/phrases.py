"""Moments, durations and numbers as people read them. Pure; words come from the catalogue, moments are UTC."""

from datetime import date, datetime, tzinfo

from backend.core.errors import N_
from backend.core.i18n import translate

_AGO = (
    (60, 1, N_("刚刚"), N_("马上")),
    (3600, 60, N_("%(n)s 分钟前"), N_("%(n)s 分钟后")),
    (86_400, 3600, N_("%(n)s 小时前"), N_("%(n)s 小时后")),
    (float("inf"), 86_400, N_("%(n)s 天前"), N_("%(n)s 天后")),
)
_LASTING = (
    (90, 1, N_("%(n)s 秒")),
    (5400, 60, N_("%(n)s 分钟")),
    (129_600, 3600, N_("%(n)s 小时")),
    (float("inf"), 86_400, N_("%(n)s 天")),
)


def ago(locale: str, at: datetime, now: datetime) -> str:
    """``3 分钟前``; ``3 分钟后`` for what is to come."""
    seconds = (now - at).total_seconds()
    past = seconds >= 0
    _below, unit, before, after = next(row for row in _AGO if abs(seconds) < row[0])
    return translate(locale, before if past else after, n=int(abs(seconds) // unit))


def lasting(locale: str, seconds: float) -> str:
    """``40 分钟``: a duration in the unit that fits it."""
    _, unit, words = next(row for row in _LASTING if abs(seconds) < row[0])
    return translate(locale, words, n=round(abs(seconds) / unit))


def lasting_between(locale: str, least: float, most: float, likely: float) -> str:
    """``25–70 分钟``: the ends between which a duration lies, in the unit in which the ``likely`` one is told."""
    _, unit, words = next(row for row in _LASTING if likely < row[0])
    ends = dict.fromkeys(str(round(max(seconds, 0.0) / unit)) for seconds in (least, most))
    return translate(locale, words, n="–".join(ends))


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """``11-26 14:03`` in ``zone``; with the year when it isn't this one."""
    local = at.astimezone(zone)
    same_year = local.year == now.astimezone(zone).year
    return local.strftime("%m-%d %H:%M" if same_year else "%Y-%m-%d %H:%M")


def clock(at: datetime, zone: tzinfo) -> str:
    """``14:03:27`` in ``zone``."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def day(locale: str, on: date) -> str:
    """``11月26日`` or ``26 Nov``."""
    return f"{on.month}月{on.day}日" if locale == "zh_CN" else f"{on.day} {on:%b}"


def number(value: float | None, decimals: int = 0) -> str:
    """``1,234.5``; a dash for nothing."""
    return "—" if value is None else f"{value:,.{max(0, min(decimals, 6))}f}"


def label_lines(text: str, most: int = 6) -> list[str]:
    """A short name broken into at most two lines for a mark on the plan: at a space, else in the middle."""
    width = sum(1.0 if ord(sign) > 0x2E7F else 0.55 for sign in text)
    if width <= most:
        return [text]
    middle = len(text) / 2
    spaces = [place for place, sign in enumerate(text) if sign == " "]
    if spaces:
        cut = min(spaces, key=lambda place: abs(place - middle))
        return [text[:cut], text[cut + 1 :]]
    cut = round(middle)
    return [text[:cut], text[cut:]]
