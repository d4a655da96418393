"""Good times of a plant: hours with readings and without trouble. Pure; moments UTC.

What a person picks to learn from is freed of the times in which alarms stood, and of half an hour before and after:
a fault begins before its alarm, and a plant needs time to come to rest.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from backend.tracing.engine.window import Floats

MARGIN = timedelta(minutes=30)
HOUR = timedelta(hours=1)
LEAST_STRETCH = timedelta(hours=4)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the past: whether points were read in it, and whether alarms stood (margins included)."""

    start: datetime
    read: bool
    troubled: bool

    @property
    def state(self) -> str:
        """``none``, ``good`` or ``trouble``."""
        return "none" if not self.read else "trouble" if self.troubled else "good"


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring hours of one state on one day: ``first`` is the hour of the clock, ``hours`` how many."""

    state: str
    first: int
    hours: int


@dataclass(frozen=True)
class Day:
    """A day of the site's calendar as a strip."""

    day: date
    runs: list[Run]


def troubles(alarms: Iterable[Span]) -> list[Span]:
    """The times to be left out because of ``alarms`` (from raised to returned), with margins, merged, in order."""
    merged: list[Span] = []
    for start, end in sorted((start - MARGIN, end + MARGIN) for start, end in alarms):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def in_trouble(times_s: Floats, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which moments (seconds since the epoch) lie in one of ``spans``."""
    found = np.zeros(len(times_s), bool)
    for start, end in spans:
        found |= (times_s >= start.timestamp()) & (times_s <= end.timestamp())
    return found


def hours_between(start: datetime, end: datetime, read: Container[datetime], spans: Sequence[Span]) -> list[Hour]:
    """The hours from ``start``, a full hour, to ``end``; ``read`` are those in which points were read."""
    count = int((end - start) / HOUR)
    found, place = [], 0
    for number in range(count):
        at = start + number * HOUR
        while place < len(spans) and spans[place][1] <= at:
            place += 1
        troubled = place < len(spans) and spans[place][0] < at + HOUR
        found.append(Hour(at, at in read, troubled))
    return found


def stretches(hours: Sequence[Hour], least: timedelta = LEAST_STRETCH) -> list[Span]:
    """Good hours in a row, at least so many, the longest first."""
    found: list[Span] = []
    for hour in hours:
        if hour.state != "good":
            continue
        if found and found[-1][1] == hour.start:
            found[-1] = (found[-1][0], hour.start + HOUR)
        else:
            found.append((hour.start, hour.start + HOUR))
    return sorted((one for one in found if one[1] - one[0] >= least), key=lambda one: one[0] - one[1])


def days_of(hours: Sequence[Hour], zone: tzinfo) -> list[Day]:
    """The hours as strips, the latest day of the site's calendar first; days before the first reading are left out."""
    first = next((number for number, hour in enumerate(hours) if hour.read), len(hours))
    began = hours[first].start.astimezone(zone).date() if first < len(hours) else None
    days: dict[date, list[Run]] = {}
    for hour in hours:
        local = hour.start.astimezone(zone)
        runs = days.setdefault(local.date(), [])
        if runs and runs[-1].state == hour.state and runs[-1].first + runs[-1].hours == local.hour:
            runs[-1] = Run(hour.state, runs[-1].first, runs[-1].hours + 1)
        else:
            runs.append(Run(hour.state, local.hour, 1))
    return [Day(day, runs) for day, runs in sorted(days.items(), reverse=True) if began and day >= began]
