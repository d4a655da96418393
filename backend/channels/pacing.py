"""When a channel may be called: its limits, rests after failures, quiet hours. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from backend.channels.kinds import LIMITS, Kind
from backend.delivery.quiet import ALWAYS_WAKES, Span, wakes

GATHERED = timedelta(seconds=3)
"""So long news waits for more of its kind: alarms of one cause come within seconds."""
BETWEEN = timedelta(seconds=15)
"""After a call lesser news gathers so long; 重大 doesn't wait for it."""
URGENT_AFTER = timedelta(seconds=30)
"""A channel that rests after a failure is tried again so soon when 重大 comes."""
GIVEN_UP_AFTER = timedelta(days=1)
PAUSED_AFTER = 5
"""Refusals in a row: another try would be refused too, a person must mend it."""
TOLD_AFTER = 10
"""Failures in a row to reach it, about half an hour: somebody is told. It goes on trying, since a line that was down
comes back by itself."""
_LONGEST_REST_S = 900.0
_WINDOW_S = 61.0
"""A second more than the minute, since calls arrive less evenly than they leave."""
_MINUTES_OF_DAY = 1440


def recent_calls(calls: Sequence[float], at: float) -> list[float]:
    """Those of ``calls`` (seconds since 1970) that still count for a limit; what a corrected clock left in the future
    counts as now."""
    return [min(call, at) for call in calls if call > at - _WINDOW_S]


def wait_s(kind: Kind, calls: Sequence[float], at: float) -> float:
    """Seconds until one more call keeps all limits of ``kind``; 0: now."""
    waits = [0.0]
    for most, seconds in LIMITS[kind].calls:
        span = seconds + 1.0 if seconds >= 1.0 else seconds
        within = sorted(call for call in calls if call > at - span)
        if len(within) >= most:
            waits.append(within[len(within) - most] + span - at)
    return max(waits)


def rest(failures: int) -> timedelta:
    """How long a channel rests after so many failures in a row: 5, 10, 20 … seconds, at most a quarter of an hour."""
    return timedelta(seconds=min(5.0 * 2 ** min(max(failures - 1, 0), 16), _LONGEST_REST_S))


def due(level: str, at: datetime, zone: ZoneInfo, quiet: Span | None) -> datetime:
    """When news of ``level`` that came ``at`` may be told: after gathering, or when the quiet hours (minutes after
    local midnight) end. 重大 is told at any hour; a span of the whole day never ends, so it is told as it comes."""
    ready = at + GATHERED
    if quiet is None or quiet[0] == quiet[1] or level == ALWAYS_WAKES:
        return ready
    if wakes("general", ready, zone, {"general": quiet}):
        return ready
    return _next(quiet[1], ready, zone)


def _next(minute: int, after: datetime, zone: ZoneInfo) -> datetime:
    """The next moment at which local clocks show ``minute``."""
    local = after.astimezone(zone)
    hour, rest_ = divmod(minute % _MINUTES_OF_DAY, 60)
    found = local.replace(hour=hour, minute=rest_, second=0, microsecond=0)
    if found <= local:
        found = (found.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    return found.astimezone(after.tzinfo)
