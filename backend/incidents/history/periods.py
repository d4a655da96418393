"""Stretches of time to look at: presets in the site's zone, the one to compare with, and how a trend is cut. Pure."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo

from backend.core.errors import N_, Invalid

EARLIEST = date(2000, 1, 1)
"""Before it no plant kept its incidents in AnSu; it also keeps a mistyped year from being counted by months."""
_DAY = timedelta(days=1)


class Preset(enum.StrEnum):
    """Periods that are one tap away; all but ``CUSTOM`` end now."""

    MONTH = "month"
    DAYS = "90d"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"
    CUSTOM = "custom"


class Against(enum.StrEnum):
    """What a period is compared with."""

    PREVIOUS = "previous"
    YEAR = "year"
    CUSTOM = "custom"


class Step(enum.StrEnum):
    """By what a trend is cut; PostgreSQL's ``date_trunc`` takes the same words."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MOST_OF_A_STEP = {Step.DAY: 16, Step.WEEK: 27, Step.MONTH: 37, Step.QUARTER: 40}
"""So many columns a phone still shows apart."""
_DAYS = {Step.DAY: 1, Step.WEEK: 7, Step.MONTH: 30.4, Step.QUARTER: 91.3}


@dataclass(frozen=True)
class Period:
    """From ``since`` to before ``until``, both UTC; ``since`` None: from the first incident on."""

    preset: Preset
    since: datetime | None
    until: datetime

    @property
    def days(self) -> float:
        """How long it is; 0 where it has no beginning."""
        return 0.0 if self.since is None else (self.until - self.since) / _DAY

    def overlaps(self, other: "Period") -> bool:
        """Whether an incident can be in both."""
        return all(one.since is None or one.since < two.until for one, two in ((self, other), (other, self)))


def period_of(preset: str, first: str, last: str, now: datetime, zone: tzinfo) -> Period:
    """The period that was asked for; ``first`` and ``last`` are days, both within it, and go before a preset.

    Without either: 90 days. Raises Invalid beside ``from`` and ``to``.
    """
    chosen = Preset.CUSTOM if first or last else preset or Preset.DAYS
    if chosen not in set(Preset):
        raise Invalid(fields={"period": N_("请选择一段时间")})
    if chosen == Preset.CUSTOM:
        return custom(first, last, now, zone)
    today = now.astimezone(zone).date()
    starts = {
        Preset.MONTH: today.replace(day=1),
        Preset.DAYS: today - 89 * _DAY,
        Preset.QUARTER: today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1),
        Preset.YEAR: today.replace(month=1, day=1),
    }
    begins = starts.get(Preset(chosen))
    return Period(Preset(chosen), _begin(begins, zone) if begins else None, now)


def custom(first: str, last: str, now: datetime, zone: tzinfo, names: tuple[str, str] = ("from", "to")) -> Period:
    """Both days and what lies between; a last day that isn't over ends now. Raises Invalid beside ``names``."""
    read = {name: _day(typed) for name, typed in zip(names, (first, last), strict=True)}
    wrong = {name: N_("请填写日期，2000 年以后") for name, found in read.items() if found is None}
    begins, ends = read[names[0]], read[names[1]]
    if begins is not None and ends is not None and ends < begins:
        wrong[names[1]] = N_("结束日期不能早于开始日期")
    if begins is not None and begins > now.astimezone(zone).date():
        wrong[names[0]] = N_("开始日期还没有到")
    if wrong or begins is None or ends is None:
        raise Invalid(fields=wrong)
    return Period(Preset.CUSTOM, _begin(begins, zone), min(_begin(ends + _DAY, zone), now))


def compared_with(period: Period, against: Against, zone: tzinfo) -> Period | None:
    """As long before, or the same stretch of last year; None for what has no beginning, or none so early."""
    if period.since is None or against == Against.CUSTOM:
        return None
    if against == Against.PREVIOUS:
        return Period(Preset.CUSTOM, period.since - (period.until - period.since), period.since)
    since = _a_year_before(period.since, zone)
    return Period(Preset.CUSTOM, since, since + (period.until - period.since))


def step_of(since: datetime, until: datetime) -> Step:
    """The finest step that gives no more columns than a phone shows apart."""
    days = (until - since) / _DAY
    return next((step for step, most in _MOST_OF_A_STEP.items() if days <= (most - 1) * _DAYS[step]), Step.YEAR)


def buckets(since: datetime, until: datetime, step: Step, zone: tzinfo) -> list[date]:
    """First days of all steps that the period touches, in the site's zone; weeks begin on Monday."""
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    return list(_from(first_of(since.astimezone(zone).date(), step), last, step))


def first_of(day: date, step: Step) -> date:
    """The first day of the step in which ``day`` lies."""
    if step == Step.WEEK:
        return day - day.weekday() * _DAY
    if step == Step.DAY:
        return day
    month = {Step.MONTH: day.month, Step.QUARTER: 3 * ((day.month - 1) // 3) + 1}.get(step, 1)
    return day.replace(month=month, day=1)


def last_of(first: date, step: Step) -> date:
    """The last day of the step that begins at ``first``."""
    return _next(first, step) - _DAY


def _from(first: date, last: date, step: Step) -> Iterator[date]:
    while first <= last:
        yield first
        first = _next(first, step)


def _next(first: date, step: Step) -> date:
    if step in {Step.DAY, Step.WEEK}:
        return first + int(_DAYS[step]) * _DAY
    months = first.year * 12 + first.month - 1 + {Step.MONTH: 1, Step.QUARTER: 3}.get(step, 12)
    return date(months // 12, months % 12 + 1, 1)


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if EARLIEST <= day < date(MAXYEAR, 1, 1) else None


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _a_year_before(moment: datetime, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    leap = (local.month, local.day) == (2, 29)
    return local.replace(year=local.year - 1, day=28 if leap else local.day).astimezone(UTC)
