"""What becomes of a value: when it counts, how good it is, and whether rules may judge it. Pure.

A device's wrong clock must never keep a breach from being seen (RELIABILITY, "How it is built" 9), and a
buffer that empties late must neither raise nor clear. The two look alike in one value; they differ in how
the distance between the device's time and ours behaves:

=====================================  ==============  ==================  ==========================
device's time                          stored at       flagged             judged
=====================================  ==============  ==================  ==========================
none                                   receipt         –                   yes
up to 1 min ahead, up to 5 min behind  device's        –                   yes, unless out of order
more than 1 min ahead                  receipt         CLOCK               yes, by receipt
5 min to 7 days behind                 device's        BACKFILL            no
the same, at a steady distance         receipt         CLOCK               yes, by receipt: a slow clock
more than 7 days behind                receipt         CLOCK               yes, by receipt
standing still while values change     receipt         CLOCK               yes, by receipt
stepped back and nothing newer for 5 s device's        CLOCK               yes, by receipt
=====================================  ==============  ==================  ==========================

Moments are ``formats.Micros``.
"""

from typing import Any, NamedTuple

from backend.telemetry.formats.moments import DAY, SECOND, Micros
from backend.telemetry.models import Quality

AHEAD: Micros = 60 * SECOND
LATE: Micros = 300 * SECOND
ANCIENT: Micros = 7 * DAY
QUIET: Micros = 5 * SECOND
"""After this long without a newer value an older-stamped one is the best known."""
STEADY_WITHIN: Micros = 5 * SECOND
STEADY_FOR: Micros = 10 * SECOND
STEADY_VALUES = 3
STUCK_VALUES = 30
STUCK_FOR: Micros = 300 * SECOND
REMEMBERED = 32
"""Wrongly timed values remembered by point, to know one that a gateway sends again."""

_OUT_OF_RANGE = int(Quality.OUT_OF_RANGE)
_CLOCK = int(Quality.CLOCK)
_BACKFILL = int(Quality.BACKFILL)
_STUCK = int(Quality.STUCK)


class PointMemory:
    """What cleaning remembers of one point. Owned by the ingest; kept in ``point_state.memory``."""

    __slots__ = (
        "judged",
        "lag",
        "lag_count",
        "lag_since",
        "live_device",
        "live_received",
        "run_count",
        "run_since",
        "run_value",
        "seen",
        "seen_value",
        "stamped",
        "wrong",
    )

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        kept = kept or {}
        self.judged: Micros = kept.get("judged", 0)
        """The last moment handed to the rules."""
        self.live_device: Micros = kept.get("live_device", 0)
        self.live_received: Micros = kept.get("live_received", 0)
        self.seen: Micros | None = kept.get("seen")
        """Device time of the last value of any kind, and its number."""
        self.seen_value: float = kept.get("seen_value", 0.0)
        self.stamped: Micros = kept.get("stamped", 0)
        """The last receipt time used as a reading's key: the next must differ."""
        self.lag: Micros = kept.get("lag", 0)
        self.lag_since: Micros = kept.get("lag_since", 0)
        self.lag_count: int = kept.get("lag_count", 0)
        self.run_value: float | None = kept.get("run_value")
        self.run_since: Micros = kept.get("run_since", 0)
        self.run_count: int = kept.get("run_count", 0)
        self.wrong: list[tuple[Micros, float]] = [(at, value) for at, value in kept.get("wrong", ())]

    def to_keep(self) -> dict[str, Any]:
        """What a later ingest needs to go on, as JSON values; what says nothing is left out."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


class Instrument(NamedTuple):
    """What cleaning needs to know of a point's definition."""

    low: float | None = None
    high: float | None = None
    may_stick: bool = True
    """False for what people or controllers set: a valve may well stand still."""


class Cleaned(NamedTuple):
    """A value as it is stored. ``judged`` is the moment rules judge it by, None when they must not."""

    at: Micros
    number: float
    quality: int
    judged: Micros | None


def clean(
    number: float,
    device: Micros | None,
    received: Micros,
    instrument: Instrument,
    memory: PointMemory,
    *,
    again: bool = False,
) -> Cleaned | None:
    """Decide about one value and remember it; None when it is known to be a repetition.

    ``device`` is the device's time if it sent one, ``received`` ours. ``again``: the broker delivers it once more,
    so that it is late because of us and not because the device's clock stepped back.
    """
    quality = _range(number, instrument)
    if device is None:
        return _live(_stamp(memory, received), number, quality, received, instrument, memory)
    stands_still = memory.seen == device
    if stands_still and memory.seen_value == number:
        return _repeated(device, number, quality, received, memory)
    lag = received - device
    wrong = lag < -AHEAD or lag > ANCIENT or stands_still
    if LATE < lag <= ANCIENT:
        wrong = wrong or _steady(memory, lag, received)
    else:
        memory.lag_count = 0
    known = wrong and not stands_still and (device, number) in memory.wrong
    memory.seen, memory.seen_value = device, number
    if wrong:
        return None if known else _wrongly_timed(device, number, quality, received, instrument, memory)
    if lag > LATE:
        return Cleaned(device, number, quality | _BACKFILL, None)
    if device < memory.live_device:
        return _out_of_order(device, number, quality, received, instrument, memory, again=again)
    memory.live_device = device
    return _live(min(device, received), number, quality, received, instrument, memory, device)


def _range(number: float, instrument: Instrument) -> int:
    low, high = instrument.low, instrument.high
    outside = (low is not None and number < low) or (high is not None and number > high)
    return _OUT_OF_RANGE if outside else 0


def _stamp(memory: PointMemory, received: Micros) -> Micros:
    """Our time as a key that no other value of the point has."""
    memory.stamped = max(received, memory.stamped + 1)
    return memory.stamped


def _live(
    judged: Micros,
    number: float,
    quality: int,
    received: Micros,
    instrument: Instrument,
    memory: PointMemory,
    at: Micros | None = None,
) -> Cleaned:
    """A value for the rules; the moments they see of a point only ever rise."""
    at = judged if at is None else at
    if judged <= memory.judged:
        judged = max(received, memory.judged + 1)
        quality |= _CLOCK if at < received else 0
    memory.judged = judged
    memory.live_received = received
    return Cleaned(at, number, quality | _stuck(number, received, instrument, memory), judged)


def _repeated(device: Micros, number: float, quality: int, received: Micros, memory: PointMemory) -> Cleaned | None:
    """The last value once more: its key recognises it, unless it was stored under our time."""
    if (device, number) in memory.wrong:
        return None
    late = _BACKFILL if received - device > LATE else 0
    return Cleaned(device, number, quality | late, None)


def _wrongly_timed(
    device: Micros, number: float, quality: int, received: Micros, instrument: Instrument, memory: PointMemory
) -> Cleaned:
    memory.wrong = [*memory.wrong[1 - REMEMBERED :], (device, number)]
    return _live(_stamp(memory, received), number, quality | _CLOCK, received, instrument, memory)


def _out_of_order(
    device: Micros,
    number: float,
    quality: int,
    received: Micros,
    instrument: Instrument,
    memory: PointMemory,
    *,
    again: bool,
) -> Cleaned:
    if again or received - memory.live_received < QUIET:
        return Cleaned(device, number, quality, None)
    memory.live_device = device
    return _live(received, number, quality | _CLOCK, received, instrument, memory, device)


def _steady(memory: PointMemory, lag: Micros, received: Micros) -> bool:
    """Whether the device has lagged by the same time for a while: its clock is slow, not its line."""
    if memory.lag_count == 0 or abs(lag - memory.lag) > STEADY_WITHIN:
        memory.lag, memory.lag_since, memory.lag_count = lag, received, 1
        return False
    memory.lag_count += 1
    return memory.lag_count >= STEADY_VALUES and received - memory.lag_since >= STEADY_FOR


def _stuck(number: float, received: Micros, instrument: Instrument, memory: PointMemory) -> int:
    """An analogue signal carries noise; the very same number for minutes means a dead sensor or line."""
    if number != memory.run_value:
        memory.run_value, memory.run_since, memory.run_count = number, received, 1
        return 0
    memory.run_count += 1
    resting = number in (0.0, instrument.low, instrument.high) or not instrument.may_stick
    long = memory.run_count >= STUCK_VALUES and received - memory.run_since >= STUCK_FOR
    return _STUCK if long and not resting else 0
