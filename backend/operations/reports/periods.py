"""Weeks and months of a site's days. Pure."""

from datetime import date, timedelta

from backend.operations.indicators.windows import Window
from backend.operations.reports.models import Period

DAY = timedelta(days=1)


def period_of(kind: Period, day: date) -> Window:
    """The week (Monday to Sunday) or the month that ``day`` lies in."""
    if kind is Period.WEEK:
        first = day - day.weekday() * DAY
        return Window(first, first + 7 * DAY)
    first = day.replace(day=1)
    return Window(first, (first + 31 * DAY).replace(day=1))


def before(kind: Period, window: Window) -> Window:
    """The week or month before: of a month it may be shorter or longer."""
    return period_of(kind, window.first - DAY)


def last_over(kind: Period, today: date) -> Window:
    """The last one that was over when ``today`` began."""
    return before(kind, period_of(kind, today))
