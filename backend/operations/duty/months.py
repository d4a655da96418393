"""Months and quarters of a site's calendar, as their first days. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

GRACE = timedelta(days=2)
"""So long after its end a month waits for what phones without a network still hold."""


def first_of(day: date) -> date:
    """The month of ``day``."""
    return day.replace(day=1)


def shifted(month: date, by: int) -> date:
    """The month ``by`` months later (earlier below 0)."""
    count = month.year * 12 + month.month - 1 + by
    return date(count // 12, count % 12 + 1, 1)


def quarter(month: date) -> tuple[date, date, date]:
    """The months of its quarter."""
    first = date(month.year, (month.month - 1) // 3 * 3 + 1, 1)
    return first, shifted(first, 1), shifted(first, 2)


def last_quarter(month: date) -> tuple[date, date, date]:
    """The three whole months before ``month``."""
    return shifted(month, -3), shifted(month, -2), shifted(month, -1)


def span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The month as half-open moments [from, to) in UTC."""
    begins = datetime.combine(month, time(), zone)
    return begins.astimezone(UTC), datetime.combine(shifted(month, 1), time(), zone).astimezone(UTC)


def read_month(typed: str, present: date) -> date:
    """``2026-11`` as its month; ``present`` for what isn't one, lies ahead, or before 2000."""
    try:
        month = date.fromisoformat(f"{typed}-01")
    except ValueError:
        return present
    return month if date(2000, 1, 1) <= month <= present else present
