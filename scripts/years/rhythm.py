"""When things happen: hours drawn by day, week, season and the years' drift. Times UTC; the plant lives by its zone."""

import random
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from scripts.years.effects import FEWER_IN_THE_END

HOUR_S = 3600
_BY_HOUR = np.array([5, 5, 5, 5, 5, 6, 7, 9, 12, 13, 13, 12, 10, 11, 13, 13, 12, 10, 9, 8, 7, 6, 6, 5], dtype=float)
_BY_WEEKDAY = np.array([1.15, 1.05, 1.0, 1.0, 1.05, 0.85, 0.8])
Array = Any
"""A numpy array of one dimension."""


@dataclass(frozen=True)
class Span:
    """The generated time ``[since, until)``, both whole hours in UTC, and where its numbers come from."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    seed: int

    @property
    def hours(self) -> int:
        """How many it has."""
        return int((self.until - self.since).total_seconds()) // HOUR_S

    @property
    def years(self) -> float:
        """Its length."""
        return self.hours / 24 / 365.25

    def numbers(self, name: str) -> np.random.Generator:
        """Arrays of chance for the part ``name``: one part's don't depend on another's."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def dice(self, name: str) -> random.Random:
        """Single numbers of chance for the part ``name``."""
        return random.Random(f"{self.seed}:{name}")

    def local(self, at: datetime) -> datetime:
        """On the plant's clock."""
        return at.astimezone(self.zone)

    def at(self, seconds: float) -> datetime:
        """The moment so many seconds after ``since``, whole seconds."""
        return self.since + timedelta(seconds=int(seconds))

    def part(self, share: float) -> datetime:
        """The moment at which so much of it is over."""
        return self.at(share * self.hours * HOUR_S)

    def local_hours(self) -> tuple[Array, Array, Array]:
        """Of each hour: the hour of the plant's day, its weekday from Monday 0, the day of the year.

        One offset is taken for the whole time: good for zones without summer time."""
        offset = self.since.astimezone(self.zone).utcoffset() or timedelta()
        start = self.since.replace(tzinfo=UTC) + offset
        count = np.arange(self.hours) + start.hour
        return count % 24, (start.weekday() + count // 24) % 7, (start.timetuple().tm_yday - 1 + count // 24) % 365

    def busy(self) -> Array:
        """How much happens in each hour, as weights of sum 1."""
        hour, weekday, day = self.local_hours()
        winter = 1 + 0.2 * np.cos(2 * np.pi * (day - 15) / 365)
        drift = np.linspace(1, FEWER_IN_THE_END, self.hours)
        weights = _BY_HOUR[hour] * _BY_WEEKDAY[weekday] * winter * drift
        return weights / weights.sum()

    def drawn(self, numbers: np.random.Generator, count: int, weights: Array | None = None) -> Array:
        """``count`` moments as whole seconds after ``since``, in order, by the weights of hours."""
        hours = numbers.choice(self.hours, size=count, p=self.busy() if weights is None else weights)
        return np.sort(hours * HOUR_S + numbers.integers(0, HOUR_S, size=count))
