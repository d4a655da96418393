"""The four payloads. A refused part never takes the good parts of its message with it."""

import json
import math
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, NamedTuple

import msgspec

from backend.telemetry.formats.moments import Micros, read_moment
from backend.telemetry.formats.topics import Address, Shape
from backend.telemetry.reasons import Reason

MAX_PAYLOAD_BYTES = 1_048_576
MAX_CODE_LENGTH = 200
MAX_REFUSALS = 100
"""Refusals of one message kept apart; the rest are counted together."""

_TIME_KEYS = ("at", "ts")
_VALUE_KEY, _SHORT_VALUE_KEY = "value", "v"
_ABSENT: Any = object()
_read_json = msgspec.json.Decoder().decode


class Value(NamedTuple):
    """A finite number for the point ``code``; ``alias`` is the code with its device's name, where one is known."""

    code: str
    number: float
    at: Micros | None
    """The device's time, or None when it sent none."""
    alias: str = ""


class Refusal(NamedTuple):
    """A part of a message that can't be used; ``parts`` such parts."""

    reason: Reason
    code: str = ""
    detail: str = ""
    parts: int = 1


class Decoded(NamedTuple):
    """What one message holds."""

    values: list[Value]
    refusals: list[Refusal]


def decode(address: Address, payload: bytes, zone: tzinfo) -> Decoded:
    """Read ``payload`` as ``address`` says; times without offset are meant in ``zone``."""
    if address.shape is None:
        return _refused(Reason.WRONG_TOPIC)
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _refused(Reason.TOO_LARGE, f"{len(payload)} bytes")
    try:
        content = _parse(payload)
    except (ValueError, RecursionError) as error:
        return _refused(Reason.UNREADABLE, str(error)[:200])
    reader = _Reader(zone)
    try:
        _READERS[address.shape](reader, address, content)
    except RecursionError:
        return _refused(Reason.WRONG_SHAPE)
    if not reader.values and not reader.refusals:
        reader.refuse(Reason.WRONG_SHAPE, "", content)
    return Decoded(reader.values, _few(reader.refusals))


def _parse(payload: bytes) -> Any:
    """JSON, and also the NaN and Infinity that devices send although JSON has no such words."""
    try:
        return _read_json(payload)
    except msgspec.DecodeError:
        return json.loads(payload.decode("utf-8"))


def _refused(reason: Reason, detail: str = "") -> Decoded:
    return Decoded([], [Refusal(reason, "", detail)])


def _few(refusals: list[Refusal]) -> list[Refusal]:
    if len(refusals) <= MAX_REFUSALS:
        return refusals
    kept = refusals[: MAX_REFUSALS - 1]
    last = refusals[MAX_REFUSALS - 1]
    return [*kept, last._replace(parts=len(refusals) - len(kept))]


class _Reader:
    """Gathers the values and refusals of one message."""

    __slots__ = ("refusals", "values", "zone")

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.values: list[Value] = []
        self.refusals: list[Refusal] = []

    def refuse(self, reason: Reason, code: object = "", raw: object = "") -> None:
        self.refusals.append(Refusal(reason, _shown(code), _shown(raw)))

    def add(self, code: Any, raw: Any, at: Micros | None, device: str = "") -> None:
        kind = type(raw)
        if kind is float:
            number = raw
        elif kind is int:
            try:
                number = float(raw)
            except OverflowError:
                return self.refuse(Reason.INFINITE, code, "")
        else:
            return self.refuse(_WRONG_KINDS.get(kind, Reason.WRONG_SHAPE), code, raw)
        if not math.isfinite(number):
            return self.refuse(Reason.NOT_A_NUMBER if number != number else Reason.INFINITE, code, raw)  # noqa: PLR0124
        if not _can_name(code):
            return self.refuse(Reason.BAD_CODE, code)
        return self.values.append(Value(code, number, at, f"{device}.{code}" if device else ""))

    def moment(self, content: dict[str, Any], otherwise: Micros | None = None) -> Micros | None:
        """The time of ``content``, ``otherwise`` when it has none. Raises ValueError when it can't be read."""
        for key in _TIME_KEYS:
            if key in content:
                at = read_moment(content[key], self.zone)
                if at is None:
                    raise ValueError(_shown(content[key]))
                return at
        return otherwise

    def group(self, values: Any, at: Micros | None, device: str = "") -> None:
        if not isinstance(values, dict) or not values:
            return self.refuse(Reason.WRONG_SHAPE, "", values)
        for code, raw in values.items():
            self.add(code, raw, at, device)
        return None


_WRONG_KINDS: dict[type, Reason] = {bool: Reason.BOOLEAN, str: Reason.TEXT, type(None): Reason.NOT_A_NUMBER}


def _can_name(code: Any) -> bool:
    return type(code) is str and 0 < len(code) <= MAX_CODE_LENGTH and code.isprintable()


def _shown(raw: object) -> str:
    return raw[:200] if isinstance(raw, str) else "" if raw is None else repr(raw)[:200]


def _timed(reader: _Reader, content: dict[str, Any]) -> tuple[bool, Micros | None]:
    """Whether the time of ``content`` can be used, and it; refuses ``content`` when it can't."""
    try:
        return True, reader.moment(content)
    except ValueError as error:
        reader.refuse(Reason.BAD_TIME, content.get("point", ""), str(error))
        return False, None


def _read_point(reader: _Reader, address: Address, content: Any) -> None:
    if not isinstance(content, dict):
        return reader.add(address.point, content, None)
    return _one(reader, address.point, content)


def _one(reader: _Reader, code: Any, content: dict[str, Any]) -> None:
    raw = content.get(_VALUE_KEY, _ABSENT)
    if raw is _ABSENT:
        raw = content.get(_SHORT_VALUE_KEY, _ABSENT)
    if raw is _ABSENT:
        return reader.refuse(Reason.WRONG_SHAPE, code, content)
    good, at = _timed(reader, content)
    return reader.add(code, raw, at) if good else None


def _read_batch(reader: _Reader, _address: Address, content: Any) -> None:
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, dict) and "values" in item:
            good, at = _timed(reader, item)
            if good:
                reader.group(item["values"], at)
        elif isinstance(item, dict) and "point" in item:
            _one(reader, item["point"], item)
        else:
            reader.refuse(Reason.WRONG_SHAPE, "", item)


def _read_device(reader: _Reader, address: Address, content: Any) -> None:
    _device(reader, address.source, content)


def _device(reader: _Reader, device: str, content: Any) -> None:
    if not _can_name(device):
        return reader.refuse(Reason.BAD_CODE, device)
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, dict) and isinstance(item.get("values"), dict):
            good, at = _timed(reader, item)
            if good:
                reader.group(item["values"], at, device)
        else:
            reader.group(item, None, device)
    return None


def _read_gateway(reader: _Reader, _address: Address, content: Any) -> None:
    if not isinstance(content, dict) or not content:
        return reader.refuse(Reason.WRONG_SHAPE, "", content)
    for device, items in content.items():
        _device(reader, device, items)
    return None


_READERS: dict[Shape, Callable[[_Reader, Address, Any], None]] = {
    Shape.POINT: _read_point,
    Shape.BATCH: _read_batch,
    Shape.DEVICE: _read_device,
    Shape.GATEWAY: _read_gateway,
}
