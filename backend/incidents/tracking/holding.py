"""How long equipment goes on by what it holds: its levels, by how they fall. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.live.views import LimitMark, Series
from backend.tracing.engine import Window, time_to_limit

LOW = ("LL", "L")
EMPTY = 0.0
FURTHEST = timedelta(hours=24)
"""What lasts longer than a day by its present trend isn't foretold."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A level runs out between ``earliest`` and ``latest`` (nine of ten cases), most likely at ``likely``; UTC."""

    earliest: datetime
    likely: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A level of equipment: its last value, and when it comes to ``floor`` if it goes on as it does.

    ``falls`` None: it doesn't fall now, so that nothing can be told.
    """

    equipment_id: int
    point_id: int
    name: str
    name_en: str
    unit: str
    value: float
    at: datetime
    floor: float
    falls: Fall | None


def floor_of(marks: Sequence[LimitMark]) -> float:
    """Below which level it counts as run out: the lowest low limit of its rules, else empty."""
    return min((mark.value for mark in marks if mark.name in LOW), default=EMPTY)


def fall_of(series: Series, floor: float) -> Fall | None:
    """When the level reaches ``floor`` by its trend; None where it doesn't fall towards it, or not within a day."""
    times = [at.timestamp() for at in series.at]
    time = time_to_limit(Window.of(times, ["level"], series.mean), "level", floor)
    if time is None or series.mean[-1] < floor or time.likely > FURTHEST.total_seconds():
        return None
    last = series.at[-1]
    ends = (min(seconds, FURTHEST.total_seconds()) for seconds in (time.earliest, time.likely, time.latest))
    return Fall(*(last + timedelta(seconds=seconds) for seconds in ends))


def run_out(held: Sequence[Held]) -> Mapping[int, datetime]:
    """The earliest moment at which each piece of equipment holds nothing any more; of several levels the last."""
    found: dict[int, datetime] = {}
    for one in held:
        if one.falls:
            known = found.get(one.equipment_id)
            found[one.equipment_id] = max(known, one.falls.earliest) if known else one.falls.earliest
    return found
