"""Where a phone was, and whether that is at the place it says. Pure.

Positions are degrees of WGS 84, as browsers give them, and are kept coarse: a check-in proves a presence at
equipment, it doesn't follow a person.
"""

import math
from dataclasses import dataclass

_EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""
COARSE_DECIMALS = 4
"""About 11 m of latitude."""
MOST_BELIEVED_M = 500.0
"""A phone that knows its place worse than this says nothing about a fence."""


@dataclass(frozen=True)
class Position:
    """A position and within how many metres it is true (68 %)."""

    lat: float
    lon: float
    accuracy_m: float = 0.0

    @property
    def coarse(self) -> "Position":
        """As it is stored."""
        return Position(
            round(self.lat, COARSE_DECIMALS), round(self.lon, COARSE_DECIMALS), float(math.ceil(self.accuracy_m))
        )


@dataclass(frozen=True)
class Fence:
    """A circle on the earth."""

    lat: float
    lon: float
    radius_m: float


def read_position(lat: str, lon: str, accuracy_m: str = "") -> Position | None:
    """A position as a phone sends it; None for none, and for one that can't be on earth."""
    try:
        position = Position(float(lat), float(lon), float(accuracy_m or 0))
    except ValueError:
        return None
    on_earth = abs(position.lat) <= 90 and abs(position.lon) <= 180 and 0 <= position.accuracy_m < 1e6
    return position if on_earth else None


def distance_m(one: Position | Fence, other: Position | Fence) -> float:
    """Metres along the earth's surface (haversine, sphere)."""
    lat_1, lat_2 = math.radians(one.lat), math.radians(other.lat)
    half_lat, half_lon = (lat_2 - lat_1) / 2, math.radians(other.lon - one.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, chord)))


def is_away(position: Position | None, fence: Fence | None) -> bool:
    """Whether the phone was surely outside: even at the near end of what its accuracy allows."""
    if position is None or fence is None or position.accuracy_m > MOST_BELIEVED_M:
        return False
    return distance_m(position, fence) - position.accuracy_m > fence.radius_m
