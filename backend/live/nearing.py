"""Which limit a point comes to next, and when, if it goes on as it does. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from backend.live.views import LimitMark, Series
from backend.tracing.engine import Window, time_to_limit

RECENT_ROWS = 30
"""The trend is that of the newer half of the rows, but of so many at least: what has settled since goes nowhere."""
FURTHEST, LATEST = 1.0, 3.0
"""No limit is foretold that is further away than the window is long, no latest moment further than three times that:
control loops and people act, and few trends go on for longer than they have been seen."""
SILENT = 0.25
"""A point whose last reading lies this share of those rows back says nothing of where it goes."""


@dataclass(frozen=True, slots=True)
class Nearing:
    """The limit ``name`` at ``value`` is reached between ``earliest_at`` and ``latest_at``, most likely at
    ``likely_at`` (UTC). ``latest_at`` None: perhaps not at all in the time that can be foretold."""

    name: str
    value: float
    earliest_at: datetime
    likely_at: datetime
    latest_at: datetime | None


def nearing(series: Series, marks: Sequence[LimitMark]) -> Nearing | None:
    """As ``next_limit`` for a series."""
    times = [at.timestamp() for at in series.at]
    return next_limit(Window.of(times, ["point"], series.mean), "point", marks)


def next_limit(window: Window, point: str, marks: Sequence[LimitMark]) -> Nearing | None:
    """The first of the limits ahead of ``point``: above it a high one, below it a low one. ``window`` is on the clock.

    None: no trend towards any, too few readings, or too far away to tell.
    """
    recent = window.between(min(window.rows // 2, max(window.rows - RECENT_ROWS, 0)), window.rows)
    if not marks or point not in recent.points:
        return None
    values = recent.values[:, recent.points.index(point)]
    read = np.flatnonzero(np.isfinite(values))
    if len(read) < 2:
        return None
    end_s, seen_s = float(recent.times_s[-1]), float(recent.times_s[-1] - window.times_s[0])
    if end_s - float(recent.times_s[read[-1]]) > SILENT * (end_s - float(recent.times_s[0])):
        return None
    found = [_reached(recent, point, mark, seen_s) for mark in marks if _ahead(mark, float(values[read[-1]]))]
    return min((one for one in found if one), key=lambda one: one.likely_at, default=None)


def _ahead(mark: LimitMark, value: float) -> bool:
    return mark.value > value if mark.name.startswith("H") else mark.value < value


def _reached(window: Window, point: str, mark: LimitMark, seen_s: float) -> Nearing | None:
    """None too where the trend is past the limit already, only the last reading isn't: that is now, not ahead."""
    time = time_to_limit(window, point, mark.value)
    if time is None or not 0 < time.likely <= FURTHEST * seen_s:
        return None
    end = datetime.fromtimestamp(float(window.times_s[-1]), UTC)
    latest = end + timedelta(seconds=time.latest) if time.latest <= LATEST * seen_s else None
    earliest, likely = (end + timedelta(seconds=seconds) for seconds in (time.earliest, time.likely))
    return Nearing(mark.name, mark.value, earliest, likely, latest)
