"""The wind from readings: its mean, when it has turned, and how the air mixes when nobody looked at the sky. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.incidents.tracking.plume import LEAST_WIND_M_S, Sky

SPAN = timedelta(minutes=10)
"""Over which a wind is a mean: what the plume's spread is for."""
STALE = timedelta(minutes=15)
"""A wind whose last reading is older than this says nothing of now."""
TURNED_DEG, CHANGED_SHARE, CHANGED_M_S = 20.0, 0.3, 1.0
"""From when on a change is noticeable: about the half angle of a plume in neutral air; ours, not a standard's."""
FULL_TURN_DEG = 360.0
_MORNING, _EVENING = 7, 17


@dataclass(frozen=True, slots=True)
class Wind:
    """A mean over ``SPAN`` until ``at`` (UTC): metres a second, and the bearing it comes from."""

    speed_m_s: float
    from_deg: float
    at: datetime

    @property
    def is_calm(self) -> bool:
        """Whether it is too weak for the models."""
        return self.speed_m_s < LEAST_WIND_M_S


def mean_bearing(bearings: Sequence[float]) -> float | None:
    """The mean direction, 0 to 360; None where they cancel each other out, or there are none."""
    east = sum(math.sin(math.radians(one)) for one in bearings)
    north = sum(math.cos(math.radians(one)) for one in bearings)
    if math.hypot(east, north) <= 1e-9 * max(len(bearings), 1):
        return None
    return math.degrees(math.atan2(east, north)) % FULL_TURN_DEG


def turned_by(one_deg: float, other_deg: float) -> float:
    """Degrees between two bearings, 0 to 180."""
    apart = abs(one_deg - other_deg) % FULL_TURN_DEG
    return min(apart, FULL_TURN_DEG - apart)


def is_noticeable(wind: Wind, speed_m_s: float, from_deg: float) -> bool:
    """Whether the wind is another than that from which an estimate was made."""
    change = abs(wind.speed_m_s - speed_m_s)
    faster = change >= CHANGED_M_S and change >= CHANGED_SHARE * speed_m_s
    return faster or turned_by(wind.from_deg, from_deg) >= TURNED_DEG


def is_night(local: datetime) -> bool:
    """By the clock of the site, from an hour before most sunsets to an hour after most sunrises."""
    return not _MORNING <= local.hour < _EVENING


def careful_sky(local: datetime) -> Sky:
    """For somebody who can't look up: by day neutral air, at night the air that carries furthest."""
    return Sky.CLEAR_NIGHT if is_night(local) else Sky.OVERCAST
