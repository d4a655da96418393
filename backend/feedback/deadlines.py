"""Until when feedback is to be answered, and when somebody is reminded. Pure."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, tzinfo

USUAL_DAYS = 3
MOST_DAYS = 30
_DAY = timedelta(days=1)
_SATURDAY = 5


def due_after(given: datetime, days: int, zone: tzinfo, holidays: Collection[date] = ()) -> datetime:
    """The end of the ``days``-th working day (Monday to Friday, no holiday) after the day of ``given`` in ``zone``.

    Given on a Thursday, three days: Friday, Monday, Tuesday; due when Tuesday ends. A weekend on which the plant works
    in exchange for a holiday counts as a weekend: people get a day more, never less.
    """
    day, left = given.astimezone(zone).date(), days
    while left:
        day += _DAY
        left -= works(day, holidays)
    return datetime.combine(day + _DAY, time(), zone)


def works(day: date, holidays: Collection[date] = ()) -> bool:
    """Whether ``day`` is a working day."""
    return day.weekday() < _SATURDAY and day not in holidays


def first_reminder(due_at: datetime, zone: tzinfo) -> datetime:
    """Eight in the morning (``zone``) of the last day on which it is due."""
    last = (due_at - timedelta(seconds=1)).astimezone(zone).date()
    return datetime.combine(last, time(8), zone)


def next_reminder(now: datetime, zone: tzinfo, holidays: Collection[date] = ()) -> datetime:
    """Eight in the morning of the next working day: nobody is told twice a day."""
    day = now.astimezone(zone).date() + _DAY
    while not works(day, holidays):
        day += _DAY
    return datetime.combine(day, time(8), zone)
