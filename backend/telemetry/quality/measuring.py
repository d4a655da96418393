"""A source's score: on time × complete × valid × unique (docs/indicators). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

from backend.core.errors import N_

LATENESS_S = (10, 60, 300, 900, 3600, 14_400, 86_400)
"""Hours keep how many values came within each of these, so that another norm needs no look at the values."""
PEOPLE_LATENESS_S = (3600, 14_400, 28_800, 86_400, 259_200)
FACTORS = {"on_time": N_("准时"), "complete": N_("完整"), "valid": N_("有效"), "unique": N_("不重复")}
"""In the order of the formula."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Factor:
    """A numerator and its denominator; without a denominator it says nothing."""

    name: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """0 … 1, or None for nought of nought."""
        return self.part / self.whole if self.whole else None

    @property
    def lost(self) -> int:
        """What is missing from the whole."""
        return self.whole - self.part


@dataclass(frozen=True, slots=True)
class Norm:
    """What is wanted of a source. ``version`` 0: nobody has said; ``interval_s`` None: as each point says."""

    version: int = 0
    interval_s: float | None = None
    lateness_s: int = 60
    complete_wanted: float = 0.95
    target: float = 0.90
    quiet_weekdays: tuple[int, ...] = ()
    quiet_days: tuple[str, ...] = ()

    def quiet(self, day: date) -> bool:
        """Whether nothing is expected that day: the plant stands."""
        return day.isoweekday() in self.quiet_weekdays or day.isoformat() in self.quiet_days


USUAL = Norm()
USUAL_OF_PEOPLE = Norm(lateness_s=28_800, complete_wanted=0.95, target=0.90)
"""Records made without a network have a shift's length to arrive."""


def factors_of(sums: Mapping[str, Any]) -> tuple[Factor, ...]:
    """The four factors of a source's day or of several added up."""
    return (
        Factor("on_time", int(sums["on_time"]), int(sums["stored"])),
        Factor("complete", int(sums["got"]), int(sums["expected"])),
        Factor("valid", int(sums["valid"]), int(sums["checked"])),
        Factor("unique", int(sums["single"]), int(sums["received"])),
    )


def score(factors: tuple[Factor, ...]) -> float | None:
    """The product of the factors that say something; None when none does.

    A source that sent nothing though something was expected has complete 0, hence a score of 0. 95 of 100 on time,
    90 of 100 complete, all valid, 98 of 100 single: 0.95 × 0.90 × 1 × 0.98 = 0.8379.
    """
    known = [one.share for one in factors if one.share is not None]
    return prod(known) if known else None


def expected(seconds: int, every_s: float | None) -> int:
    """How many values are due in ``seconds`` from a point that sends each ``every_s``; 0 if nobody said."""
    return int(seconds / every_s + 1e-9) if every_s and every_s > 0 else 0


def most_of_hour(seconds: int, every_s: float) -> int:
    """What an hour can make up for at most: what is due and one more, since the clocks of device and hour differ.
    A burst afterwards doesn't make a silent hour complete."""
    return expected(seconds, every_s) + 1


def hours(day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The hours of ``day`` in ``zone``, from its midnight, each with its end; 23 or 25 where clocks are turned."""
    at = datetime.combine(day, time(), zone).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), zone).timestamp()
    while at < end:
        until = min(at + 3600, end)
        yield _utc(at), _utc(until)
        at = until


def hours_between(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    """Every whole hour that begins at or after ``since`` and has ended by ``until``, with its day."""
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for begins, ends in hours(day, zone):
            if begins >= since and ends <= until:
                yield day, begins, ends
        day += timedelta(days=1)


def _utc(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
