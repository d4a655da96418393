"""What a topic says: which plant, which source, and in which shape its payload comes."""

import enum
from functools import lru_cache
from typing import NamedTuple

ROOT = "ansu"


class Shape(enum.Enum):
    """The four agreed payloads, told by how the topic ends."""

    POINT = enum.auto()
    BATCH = enum.auto()
    DEVICE = enum.auto()
    GATEWAY = enum.auto()


class Address(NamedTuple):
    """A topic, taken apart. ``point`` is set for ``Shape.POINT`` only; ``shape`` is None for a wrong topic."""

    site: str
    source: str
    shape: Shape | None
    point: str = ""


_ENDS = {
    ("batch",): Shape.BATCH,
    ("telemetry",): Shape.DEVICE,
    ("gateway", "telemetry"): Shape.GATEWAY,
}


@lru_cache(maxsize=16_384)
def read_topic(topic: str) -> Address:
    """Take ``ansu/{site}/{source}/…`` apart; whatever of it can be told is told also of a wrong topic."""
    root, _, rest = topic.partition("/")
    site, _, rest = rest.partition("/")
    source, _, end = rest.partition("/")
    if root != ROOT or not site or not source:
        return Address(site if root == ROOT else "", source, None)
    kind, _, point = end.partition("/")
    if kind == "point" and point:
        return Address(site, source, Shape.POINT, point)
    return Address(site, source, _ENDS.get(tuple(end.split("/"))))
