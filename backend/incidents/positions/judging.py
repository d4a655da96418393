"""What a phone says of where it was, before anything is kept. Pure: no database, no clock.

When it was by our clock, whether that is on the site, whether it can be true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.checkins.position import Fence, Position, distance_m

VAGUE_M = 100.0
"""A position that is true within more than this says which part of a site somebody is in at best."""
FASTEST_M_S = 15.0
"""54 km/h: nobody gets on faster on a site."""
CLOSEST = timedelta(seconds=5)
"""Nearer together than this nothing is kept: a phone that sends more often tells no more."""
OLDEST = timedelta(hours=12)
"""What a phone kept longer than a shift isn't taken any more."""
MARGIN_M = 200.0
"""So far around the fence of a place it is still the site, where only places have fences."""
DECIMALS = 5
"""About 1 m of latitude: finer is noise."""


@dataclass(frozen=True)
class Fix:
    """A position as a phone sends it; ``device_at`` by the phone's own clock."""

    device_at: datetime
    position: Position


@dataclass(frozen=True)
class Ground:
    """Where a site is: one circle that was said to be it, or some way around each of the places with a fence."""

    own: Fence | None = None
    places: Sequence[Fence] = ()

    @property
    def known(self) -> bool:
        """Whether anything says where the site is; without that nobody can say what is off it."""
        return self.own is not None or bool(self.places)

    def holds(self, position: Position) -> bool:
        """Whether the phone was surely on the site's ground, or may have been as far as it knew."""
        if self.own:
            return _within(position, self.own, 0.0)
        return any(_within(position, fence, MARGIN_M) for fence in self.places)


@dataclass(frozen=True)
class Judged:
    """A fix at its moment by our clock; ``position`` None: off the site, of which nothing else is kept."""

    device_at: datetime
    at: datetime
    position: Position | None
    vague: bool = False
    jumped: bool = False


def moment_of(device_at: datetime, device_now: datetime, received: datetime) -> datetime:
    """When it was by our clock: a phone's may be hours wrong, but it runs. Never later than ``received``."""
    return received - max(timedelta(), device_now - device_at)


def judge(
    fixes: Sequence[Fix], device_now: datetime, received: datetime, ground: Ground, before: Judged | None
) -> list[Judged]:
    """What is worth keeping of ``fixes``, in order of time; ``before`` is the last that is known of the same phone.

    Left out: what is older than ``OLDEST`` or nearer than ``CLOSEST`` to the one before. On a ground that nobody has
    said nothing is kept of where it was.
    """
    kept: list[Judged] = []
    last = before
    for fix in sorted(fixes, key=lambda one: one.device_at):
        at = moment_of(fix.device_at, device_now, received)
        if received - at > OLDEST or (last and at - last.at < CLOSEST):
            continue
        last = _judged(fix, at, ground, last)
        kept.append(last)
    return kept


def _judged(fix: Fix, at: datetime, ground: Ground, last: Judged | None) -> Judged:
    if not ground.holds(fix.position):
        return Judged(fix.device_at, at, None)
    position = Position(round(fix.position.lat, DECIMALS), round(fix.position.lon, DECIMALS), fix.position.accuracy_m)
    return Judged(fix.device_at, at, position, position.accuracy_m > VAGUE_M, _jumped(position, at, last))


def _jumped(position: Position, at: datetime, last: Judged | None) -> bool:
    """Whether even the nearest ends of what both accuracies allow lie too far apart for the time between."""
    if last is None or last.position is None or last.jumped:
        return False  # after a jump the next one is measured anew: one of both was right
    apart = distance_m(position, last.position) - position.accuracy_m - last.position.accuracy_m
    return apart > FASTEST_M_S * max(1.0, (at - last.at).total_seconds())


def _within(position: Position, fence: Fence, margin_m: float) -> bool:
    nearest = distance_m(position, fence) - min(position.accuracy_m, VAGUE_M)
    return nearest <= fence.radius_m + margin_m
