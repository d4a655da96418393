"""A trial as people look at it: warnings and alarms on one time axis, and line by line. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from backend.tracing.normals.models import NormalWork

LEAST_WIDTH = 0.6
"""Percent; what lasts shorter must still be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A warning, in percent of the time tried; ``followed``: an alarm came."""

    at: float
    width: float
    followed: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A warning that would have been, as a line: ``after_s`` seconds later an alarm came, None where none did."""

    at: datetime
    lasted_s: float
    peak: float
    point: str
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Midnight of the site."""

    at: float
    moment: datetime


@dataclass(frozen=True)
class Timeline:
    """Places in percent of the time tried."""

    from_at: datetime
    to_at: datetime
    bars: list[Bar]
    alarms: list[float]
    midnights: list[Tick]


def listed(work: NormalWork) -> list[Listed]:
    """The warnings of a trial, the latest first."""
    return [
        Listed(
            datetime.fromtimestamp(one["from_s"], UTC),
            one["to_s"] - one["from_s"],
            one["peak"],
            one["point"],
            None if one["alarm_s"] is None else one["alarm_s"] - one["from_s"],
        )
        for one in reversed(work.result.get("warnings", []))
    ]


def timeline(work: NormalWork, zone: tzinfo) -> Timeline:
    """``work``, a trial that is done, as a picture."""
    span_s = max((work.to_at - work.from_at).total_seconds(), 1.0)

    def place(moment_s: float) -> float:
        return round(min(max((moment_s - work.from_at.timestamp()) / span_s * 100, 0.0), 100.0), 2)

    bars = []
    for one in work.result.get("warnings", []):
        at = place(one["from_s"])
        width = max(place(one["to_s"]) - at, LEAST_WIDTH)
        bars.append(Bar(min(at, 100 - LEAST_WIDTH), round(width, 2), one["alarm_s"] is not None))
    alarms = [place(at) for at in work.result.get("alarms_s", [])]
    return Timeline(work.from_at, work.to_at, bars, alarms, _midnights(work, zone, place))


def _midnights(work: NormalWork, zone: tzinfo, place: Callable[[float], float]) -> list[Tick]:
    found: list[Tick] = []
    day = work.from_at.astimezone(zone).date() + timedelta(days=1)
    while True:
        midnight = datetime.combine(day, datetime.min.time(), zone)
        if midnight >= work.to_at:
            return found
        found.append(Tick(place(midnight.timestamp()), midnight.astimezone(UTC)))
        day += timedelta(days=1)
