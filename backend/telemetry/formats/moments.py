"""Moments as devices write them. Inside telemetry a moment is whole microseconds since 1970, UTC: exact and cheap."""

import math
from datetime import UTC, datetime, timedelta, tzinfo

Micros = int

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Micros = 1_000_000
DAY: Micros = 86_400 * SECOND
_LAST = 253_402_300_800  # seconds: the year 10000, beyond what a calendar here can hold


def from_datetime(moment: datetime) -> Micros:
    """Microseconds since 1970 of an aware moment."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_datetime(micros: Micros) -> datetime:
    """The aware UTC moment of ``micros``."""
    return EPOCH + timedelta(microseconds=micros)


def read_moment(raw: object, zone: tzinfo) -> Micros | None:
    """The moment a device wrote: epoch seconds, milliseconds, micro- or nanoseconds (told apart by size)
    or ISO 8601; without an offset it is meant in ``zone``, the plant's. None when it can't be read.
    """
    if isinstance(raw, str):
        return _from_text(raw.strip(), zone)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return _from_number(raw)


def _from_number(raw: float) -> Micros | None:
    if isinstance(raw, float) and not math.isfinite(raw):
        return None
    size = abs(raw)
    if size < 1e11:
        micros = raw * SECOND
    elif size < 1e14:
        micros = raw * 1000
    elif size < 1e17:
        micros = raw
    else:
        micros = raw // 1000
    return round(micros) if abs(micros) < _LAST * SECOND else None


def _from_text(raw: str, zone: tzinfo) -> Micros | None:
    if len(raw) > 40:
        return None
    try:
        if raw.isascii() and raw.isdigit():
            return _from_number(int(raw))
        moment = datetime.fromisoformat(raw.replace("/", "-"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return from_datetime(moment)
    except (ValueError, OverflowError):
        return None
