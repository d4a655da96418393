"""Which past incidents are like this one, and why. Pure."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 5


class Alike(enum.StrEnum):
    """What two incidents have in common."""

    CAUSE = "cause"
    EQUIPMENT = "equipment"
    POINTS = "points"
    KIND = "kind"
    AREA = "area"
    EQUIPMENT_CLASS = "equipment_class"


_WEIGHTS = {Alike.CAUSE: 3, Alike.EQUIPMENT: 2, Alike.POINTS: 2, Alike.KIND: 1, Alike.AREA: 1, Alike.EQUIPMENT_CLASS: 1}
LEAST = 2
"""The same kind or area alone makes no likeness: half of a small plant's incidents share them."""
MANY_POINTS = 0.5
"""From this share of common points on (Jaccard) the floods are alike."""


@dataclass(frozen=True)
class Features:
    """An incident as far as likeness goes. ``cause``: of the library, or a node; empty where there is none."""

    incident_id: int
    kind: str
    equipment_id: int | None
    area_id: int | None
    equipment_class: str
    cause: str
    points: frozenset[int]


def in_common(one: Features, other: Features) -> list[Alike]:
    """What both have; what neither has is nothing in common. The same whichever comes first."""
    union = one.points | other.points
    checks = {
        Alike.CAUSE: bool(one.cause) and one.cause == other.cause,
        Alike.EQUIPMENT: one.equipment_id is not None and one.equipment_id == other.equipment_id,
        Alike.POINTS: bool(union) and len(one.points & other.points) / len(union) >= MANY_POINTS,
        Alike.KIND: one.kind == other.kind,
        Alike.AREA: one.area_id is not None and one.area_id == other.area_id,
        Alike.EQUIPMENT_CLASS: bool(one.equipment_class) and one.equipment_class == other.equipment_class,
    }
    return [name for name, holds in checks.items() if holds]


def score(common: Iterable[Alike]) -> int:
    """How much it weighs."""
    return sum(_WEIGHTS[one] for one in common)


def alike(one: Features, past: Iterable[Features]) -> list[tuple[int, list[Alike]]]:
    """The past incidents most like it, with what they have in common: at most ``MOST``, of equals the later first."""
    found = [(other.incident_id, in_common(one, other)) for other in past if other.incident_id != one.incident_id]
    near = [pair for pair in found if score(pair[1]) >= LEAST]
    return sorted(near, key=lambda pair: (-score(pair[1]), -pair[0]))[:MOST]
