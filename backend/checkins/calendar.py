"""A site's shifts and holidays, as typed and as the schedule needs them. Pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.checkins.schedule import Cadence, Rhythm
from backend.core.errors import N_, Invalid

USUAL_SHIFTS = ("08:00", "20:00")
"""Of a site that hasn't said: two shifts of twelve hours."""
MOST_SHIFTS = 6
MOST_HOLIDAYS = 400
_APART = re.compile(r"[\s,，、;；]+")
_RANGE = re.compile(r"[~～至]")


def read_shifts(typed: str) -> list[str]:
    """``08:00 16:00`` → the beginnings of shifts in order. Raises Invalid beside ``shifts``."""
    try:
        shifts = sorted({time.fromisoformat(word) for word in _words(typed)})
    except ValueError:
        shifts = []
    if not 1 <= len(shifts) <= MOST_SHIFTS or any(shift.tzinfo or shift.second for shift in shifts):
        raise Invalid(fields={"shifts": N_("请写 1 到 6 个接班时间，如 08:00 20:00")})
    return [shift.strftime("%H:%M") for shift in shifts]


def read_holidays(typed: str) -> list[str]:
    """Days, and ranges of days as ``2026-10-01~2026-10-07``, in order. Raises Invalid beside ``holidays``."""
    days: set[date] = set()
    try:
        for word in _words(typed):
            first, *rest = (date.fromisoformat(part) for part in _RANGE.split(word))
            last = rest[0] if rest else first
            if len(rest) > 1 or not first <= last <= first + timedelta(days=MOST_HOLIDAYS):
                raise ValueError(word)
            days.update(first + timedelta(days=n) for n in range((last - first).days + 1))
    except ValueError:
        raise Invalid(fields={"holidays": N_("请按 2026-10-01 或 2026-10-01~2026-10-07 填写")}) from None
    if len(days) > MOST_HOLIDAYS:
        raise Invalid(fields={"holidays": N_("节假日太多，请删去过去的")})
    return [day.isoformat() for day in sorted(days)]


def _words(typed: str) -> list[str]:
    return [word for word in _APART.split(typed) if word]


def cadence(
    rhythm: str,
    zone: ZoneInfo,
    *,
    shifts: Sequence[str] = (),
    holidays: Sequence[str] = (),
    interval_minutes: int | None = None,
    anchor: datetime | None = None,
) -> Cadence:
    """The rhythm of a plan on its site's calendar; ``holidays`` only for a plan that skips them."""
    return Cadence(
        Rhythm(rhythm),
        zone,
        tuple(time.fromisoformat(shift) for shift in shifts or USUAL_SHIFTS),
        timedelta(minutes=interval_minutes or 0),
        anchor,
        frozenset(date.fromisoformat(day) for day in holidays),
    )
