"""Days of a site: when each begins, which days a change or the passing of time concerns, what a period holds. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from backend.core.errors import N_
from backend.operations.indicators.registry import Measure

DAY = timedelta(days=1)
PERIODS = {"30d": N_("近 30 天"), "90d": N_("近 90 天"), "quarter": N_("本季度"), "year": N_("近一年")}
USUAL_PERIOD = "90d"
_LENGTH = {"30d": 30, "90d": 90, "year": 365}


@dataclass(frozen=True)
class Window:
    """Days of the site from ``first`` to before ``until``."""

    first: date
    until: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.until - self.first).days

    @property
    def before(self) -> "Window":
        """As many days before."""
        return Window(self.first - (self.until - self.first), self.first)

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its half-open moments, UTC."""
        return begin(self.first, zone), begin(self.until, zone)


@dataclass(frozen=True)
class Change:
    """Rows of ``topic`` that lie in the quarter of an hour from ``at``; None: any."""

    topic: str
    at: datetime | None


def begin(day: date, zone: tzinfo) -> datetime:
    """When ``day`` begins in ``zone``, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def window_of(period: str, today: date) -> Window:
    """The period ``period`` of ``PERIODS`` that ends with ``today``."""
    if period == "quarter":
        return Window(date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), today + DAY)
    return Window(today - (_LENGTH[period] - 1) * DAY, today + DAY)


def steps(window: Window) -> list[Window]:
    """The window cut for a trend: by days up to 31, by weeks up to 120, else by months; the first may be shorter."""
    found: list[Window] = []
    first = window.first
    while first < window.until:
        until = min(_next(first, window.days), window.until)
        found.append(Window(first, until))
        first = until
    return found


def _next(first: date, days: int) -> date:
    if days <= 31:
        return first + DAY
    if days <= 120:
        return first + (7 - first.weekday()) * DAY
    return (first.replace(day=1) + 31 * DAY).replace(day=1)


def days_between(since: date, until: date) -> Iterable[date]:
    """Every day from ``since`` to ``until``, both within."""
    return (since + n * DAY for n in range((until - since).days + 1))


def days_to_count(
    measure: Measure, changes: Iterable[Change], before: datetime, as_of: datetime, zone: tzinfo, recurrence: timedelta
) -> set[date] | None:
    """Days whose counting of ``measure`` may have altered since ``before``; None: all.

    By ``changes`` of rows, and by time itself: a fact whose moment lay ahead at ``before`` counts by ``as_of`` once
    its moment, and ``measure.after`` beyond it, has come.
    """
    today = as_of.astimezone(zone).date()
    since, until = ((moment - measure.after).astimezone(zone).date() for moment in (before, as_of))
    found = set(days_between(since, until))
    for change in changes:
        spread = measure.topics.get(change.topic)
        if change.topic == EVERYTHING:
            return None
        if spread is None:
            continue
        if change.at is None or spread.first is None:
            return None
        moment = change.at + (recurrence if measure.matures else timedelta())
        first = (moment + spread.first).astimezone(zone).date()
        last = today if spread.last is None else (moment + spread.last).astimezone(zone).date()
        found |= set(days_between(first, min(last, today)))
    return found


EVERYTHING = "plant"
"""Topic of changes of who answers for what: every measure is cut anew."""


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """``days`` as stretches without gaps, each from its first to before its end."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + DAY)
        else:
            found.append((day, day + DAY))
    return found


def starts(days: Sequence[date], zone: tzinfo) -> list[datetime]:
    """When each of ``days`` begins."""
    return [begin(day, zone) for day in days]
