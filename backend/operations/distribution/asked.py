"""What of the distribution is asked for: as typed into an address, which can be shared, and as values. Pure."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from backend.core.errors import N_, Invalid
from backend.hazards.forms import database_id
from backend.incidents.history.periods import Against, Period, Step, compared_with, custom
from backend.incidents.history.periods import Preset as Kept

NONE = "none"
"""Asked for: those of which it isn't known."""
HOURS = 2
"""The day is cut into stretches of so many hours: they meet all usual changes of shift."""
PLACES = ("stage", "area", "team", "post")
NARROWING = ("level", "type", "accident", *PLACES, "cause", "weekday", "hour")
"""What narrows the distribution besides source and period, in the order in which it is shown."""

Short = Annotated[str, Query(max_length=20)]
Named = Annotated[str, Query(max_length=120)]


class Source(enum.StrEnum):
    """What is counted. Their scales of level differ and are never summed."""

    ALARM = "alarm"
    HAZARD = "hazard"
    INCIDENT = "incident"


class Preset(enum.StrEnum):
    """Periods that are one tap away; all end now."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "1y"
    CUSTOM = "custom"


DAYS = {Preset.WEEK: 7, Preset.MONTH: 30, Preset.QUARTER: 90, Preset.YEAR: 365}
"""Whole days of the site, today included."""


@dataclass(frozen=True)
class Asked:
    """As typed; empty: not asked for. ``from`` and ``to`` are days of the site."""

    source: Short = ""
    period: Short = ""
    from_: Annotated[str, Query(alias="from", max_length=20)] = ""
    to: Short = ""
    against: Short = ""
    level: Short = ""
    type: Annotated[str, Query(max_length=40)] = ""
    accident: Annotated[str, Query(max_length=40)] = ""
    stage: Short = ""
    area: Short = ""
    team: Short = ""
    post: Short = ""
    cause: Named = ""
    weekday: Short = ""
    hour: Short = ""

    def typed(self, name: str) -> str:
        """What was typed for the parameter ``name``."""
        return str(getattr(self, _FIELDS[name])).strip()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All parameters that were asked for, in their order."""
        return ((name, typed) for name in _FIELDS if (typed := self.typed(name)))

    def but(self, **changes: object) -> "Asked":
        """The same with other values, by parameter name; None takes one away."""
        return replace(self, **{_FIELDS[name]: "" if new is None else str(new) for name, new in changes.items()})

    def url(self, path: str = "", **changes: object) -> str:
        """The page below ``/distribution`` that shows it, some of it changed."""
        query = urlencode(list(self.but(**changes).pairs()))
        return f"/distribution{path}{'?' if query else ''}{query}"

    def narrowed(self) -> list[str]:
        """Which parameters narrow it, besides source and period."""
        return [name for name in NARROWING if self.typed(name)]

    def read(self, now: datetime, zone: tzinfo) -> "Wanted":
        """As values. Raises Invalid beside the field that is wrong; an id or code that can't be finds nothing."""
        if self.source and self.source not in set(Source):
            raise Invalid(fields={"source": N_("请选择统计的内容")})
        sources = (Source(self.source),) if self.source else tuple(Source)
        period = _period(self.period, self.from_, self.to, now, zone)
        if self.against and self.against not in {Against.PREVIOUS, Against.YEAR}:
            raise Invalid(fields={"against": N_("请选择对比的时间")})
        other = compared_with(period, Against(self.against or Against.PREVIOUS), zone)
        narrowed = {name: _value(name, typed) for name in NARROWING if (typed := self.typed(name))}
        return Wanted(sources, period, other, self._preset(), narrowed, str(zone))

    def _preset(self) -> Preset:
        if self.from_ or self.to:
            return Preset.CUSTOM
        return Preset(self.period or Preset.MONTH)


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``other``: what it is compared with, None where the two would overlap. ``narrowed``: by
    parameter, ids and numbers as such, None for what isn't known. ``zone`` decides days, hours and weekdays."""

    sources: tuple[Source, ...]
    period: Period
    other: Period | None
    preset: Preset
    narrowed: dict[str, str | int | None] = field(default_factory=dict)
    zone: str = "UTC"

    @property
    def step(self) -> Step:
        """By what the trend is cut: days, weeks from seven weeks on, months from some two years on."""
        days = self.period.days
        return Step.DAY if days <= 46 else Step.WEEK if days <= 750 else Step.MONTH


_FIELDS = {one.name.rstrip("_"): one.name for one in fields(Asked)}
_NUMBERS = (*PLACES, "weekday", "hour")


def _period(preset: str, first: str, last: str, now: datetime, zone: tzinfo) -> Period:
    if first or last:
        return custom(first, last, now, zone)
    days = DAYS.get(Preset(preset)) if preset in set(Preset) else None
    if preset and days is None:
        raise Invalid(fields={"period": N_("请选择一段时间")})
    begins: date = now.astimezone(zone).date() - timedelta(days=(days or DAYS[Preset.MONTH]) - 1)
    return Period(Kept.CUSTOM, datetime.combine(begins, time(), zone).astimezone(UTC), now)


def _value(name: str, typed: str) -> str | int | None:
    if typed == NONE:
        return None
    if name not in _NUMBERS:
        return typed
    number = database_id(typed)
    return -1 if number is None else number
