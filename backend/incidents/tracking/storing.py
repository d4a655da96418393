"""How long equipment goes on by what lies between its feed and what it feeds, once nothing comes any more. Pure."""

import math
from dataclasses import dataclass

FURTHEST_S = 24 * 3600.0
"""What lasts longer than a day isn't counted further."""
OF_NINE_IN_TEN = 1.645
PER_HOUR = {"h": 1.0, "min": 60.0, "s": 3600.0, "d": 1 / 24}
_ALIKE = {"m3": "m³", "吨": "t", "千克": "kg", "公斤": "kg"}


@dataclass(frozen=True, slots=True)
class Outflow:
    """What goes out in an hour, and one standard deviation of it as measured; 0 where it was typed."""

    per_h: float
    spread_per_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Lasting:
    """Seconds without any feed: nine in ten between ``earliest`` and ``latest``; none more than a day."""

    earliest: float
    likely: float
    latest: float


def left_in(level: float, empty_level: float, full_level: float, capacity: float) -> float:
    """What can still go out, in the unit of ``capacity``; never less than nothing nor more than all."""
    share = (level - empty_level) / (full_level - empty_level)
    return capacity * min(max(share, 0.0), 1.0)


def lasting(left: float, outflow: Outflow) -> Lasting | None:
    """How long ``left`` goes on; None where nothing goes out, so that nobody can tell."""
    if outflow.per_h <= 0:
        return None
    apart = OF_NINE_IN_TEN * outflow.spread_per_h
    return Lasting(
        _seconds(left, outflow.per_h + apart), _seconds(left, outflow.per_h), _seconds(left, outflow.per_h - apart)
    )


def per_hour(unit: str, of: str) -> float | None:
    """How many ``of`` an hour one ``unit`` is: 60 for t/min in t; None where the two don't go together."""
    amount, _, time = unit.replace(" ", "").partition("/")
    return PER_HOUR.get(time) if _plain(amount) == _plain(of) else None


def _plain(amount: str) -> str:
    return _ALIKE.get(amount.strip(), amount.strip())


def _seconds(left: float, per_h: float) -> float:
    lasts = left / per_h * 3600 if per_h > 0 else math.inf
    return min(lasts, FURTHEST_S)
