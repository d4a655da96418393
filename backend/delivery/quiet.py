"""Whether a sleeping phone is woken now, and how a page's times become quiet hours. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.core.errors import N_, Invalid

ALWAYS_WAKES = "major"
"""重大 comes through at any hour."""
QUIETABLE = ("significant", "general", "low")
Span = tuple[int, int]
"""Minutes after local midnight: from, until (excluded)."""

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def wakes(level: str, at: datetime, zone: ZoneInfo, quiet: Mapping[str, Span]) -> bool:
    """Whether an event of ``level`` may wake a person at ``at``, whose quiet hours by level are ``quiet``.

    What carries no level (a task, a reminder) is as quiet as 一般.
    """
    if level == ALWAYS_WAKES:
        return True
    span = quiet.get(level or "general")
    if span is None:
        return True
    local = at.astimezone(zone)
    return not _within(local.hour * 60 + local.minute, span)


def _within(minute: int, span: Span) -> bool:
    starts, ends = span
    if starts == ends:
        return True
    return starts <= minute < ends if starts < ends else minute >= starts or minute < ends


def span_of(level: str, starts: str, ends: str) -> Span | None:
    """``22:00`` and ``07:00`` as minutes; None when both are empty. Raises Invalid beside the field of ``level``."""
    if not starts and not ends:
        return None
    found = [_TIME.fullmatch(word) for word in (starts, ends)]
    if None in found:
        raise Invalid(fields={f"{level}_from": N_("请填写开始和结束时间，或都留空")})
    minutes = [int(match[1]) * 60 + int(match[2]) for match in found if match]
    return minutes[0], minutes[1]


def clock_of(minute: int) -> str:
    """``1320`` → ``22:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
