"""When visits of an inspection plan are due. Pure: no clock, no database.

The windows of a plan follow each other on the site's wall clock: each closes when the next opens, so that a
visit is never due twice and no time is left out except the holidays that the plan leaves out.
"""

import enum
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


class Rhythm(enum.StrEnum):
    """How often a visit is due."""

    SHIFT = "shift"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    INTERVAL = "interval"


@dataclass(frozen=True)
class Cadence:
    """A plan's rhythm on its site's calendar."""

    rhythm: Rhythm
    zone: ZoneInfo
    shifts: tuple[time, ...] = ()
    """When shifts begin on the site's wall clock; each lasts until the next one."""
    interval: timedelta = timedelta()
    anchor: datetime | None = None
    """A moment, with zone, at which a window of an interval opens."""
    holidays: frozenset[date] = frozenset()
    """Site days on which no window of a shift, a day or an interval opens; weeks and months go on."""


@dataclass(frozen=True)
class Window:
    """From when (inclusive) until when (exclusive) one visit is due, both UTC."""

    opens: datetime
    closes: datetime


def windows(cadence: Cadence, since: datetime, until: datetime) -> list[Window]:
    """The windows that open in ``[since, until)``, in order; both moments carry a zone.

    Asked for two spans that touch, gives together what it gives for the whole. Raises ValueError for a shift
    rhythm without shifts and for an interval without an anchor or shorter than a minute.
    """
    if until <= since:
        return []
    found = _opening_every(cadence, since) if cadence.rhythm is Rhythm.INTERVAL else _on_the_calendar(cadence, since)
    due = []
    for window in found:
        if window.opens >= until:
            break
        if window.opens >= since and not _left_out(cadence, window):
            due.append(window)
    return due


def windows_from(cadence: Cadence, begins: datetime, until: datetime) -> list[Window]:
    """As ``windows``, and before them the one that is already open at ``begins``: a plan made at noon asks today."""
    return [window for window in windows(cadence, begins - _longest(cadence), until) if window.closes > begins]


def _longest(cadence: Cadence) -> timedelta:
    """No window of the rhythm lasts longer, also where a clock is put back."""
    if cadence.rhythm is Rhythm.INTERVAL:
        return cadence.interval
    return timedelta(days={Rhythm.WEEK: 8, Rhythm.MONTH: 32}.get(cadence.rhythm, 2))


def make_up_until(window: Window) -> datetime:
    """Until when a missed visit can still be made up for: as long again as it was due, the time of the next."""
    return window.closes + (window.closes - window.opens)


def _left_out(cadence: Cadence, window: Window) -> bool:
    if cadence.rhythm in {Rhythm.WEEK, Rhythm.MONTH}:
        return False
    return window.opens.astimezone(cadence.zone).date() in cadence.holidays


def _opening_every(cadence: Cadence, since: datetime) -> Iterator[Window]:
    if cadence.anchor is None or cadence.interval < timedelta(minutes=1):
        raise ValueError("an interval needs an anchor and at least a minute")
    opens = cadence.anchor + (since - cadence.anchor) // cadence.interval * cadence.interval
    opens = opens.astimezone(UTC)
    while True:
        yield Window(opens, opens + cadence.interval)
        opens += cadence.interval


def _on_the_calendar(cadence: Cadence, since: datetime) -> Iterator[Window]:
    starts = tuple(sorted(set(cadence.shifts))) if cadence.rhythm is Rhythm.SHIFT else (time(),)
    if not starts:
        raise ValueError("a shift rhythm needs shifts")
    # Two days earlier: a wall clock that is put back must not hide the window before.
    day = _first_day(cadence.rhythm, since.astimezone(cadence.zone).date() - timedelta(days=2))
    opens = _moment(day, starts[0], cadence.zone)
    place = starts[0]
    while True:
        later = bisect_right(starts, place)
        if later < len(starts):
            place = starts[later]
        else:
            day, place = _next_day(cadence.rhythm, day), starts[0]
        closes = _moment(day, place, cadence.zone)
        # Where the clock is put forward two shifts may begin at once; the first of them has no time.
        if closes > opens:
            yield Window(opens, closes)
            opens = closes


def _first_day(rhythm: Rhythm, day: date) -> date:
    if rhythm is Rhythm.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if rhythm is Rhythm.MONTH else day


def _next_day(rhythm: Rhythm, day: date) -> date:
    if rhythm is Rhythm.MONTH:
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if rhythm is Rhythm.WEEK else 1)


def _moment(day: date, place: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, place, zone).astimezone(UTC)
