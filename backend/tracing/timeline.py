"""The plant at each moment of a trace, for the slider: what was reached when, what is still to come. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.tracing.steps import Reached, Step

MOST = 24
"""So many moments a thumb can tell apart on a slider."""


class Part(StrEnum):
    """What happens at a moment."""

    ROOT = "root"
    PATH = "path"
    REACHED = "reached"
    COMING = "coming"


@dataclass(frozen=True, slots=True)
class Moment:
    """At ``at`` (UTC), between ``earliest`` and ``latest``, equipment is reached; ``node`` is what moved there."""

    at: datetime
    earliest: datetime
    latest: datetime
    part: Part
    equipment_id: int
    node: str
    direction: int = 0


def timeline(steps: Sequence[Step], reached: Sequence[Reached], equipment_of: Mapping[str, int | None]) -> list[Moment]:
    """Every piece of equipment once, at its first moment: along the path as it moved, then the scope; in time order."""
    moments: dict[int, Moment] = {}
    for number, step in enumerate(steps):
        equipment_id = equipment_of.get(step.node)
        if equipment_id and step.onset_at and step.earliest and step.latest:
            part = Part.PATH if number else Part.ROOT
            found = Moment(step.onset_at, step.earliest, step.latest, part, equipment_id, step.node)
            known = moments.get(equipment_id)
            moments[equipment_id] = known if known and known.at <= found.at else found
    for one in reached:
        if one.equipment_id not in moments:
            part = Part.REACHED if one.arrived else Part.COMING
            node = one.nodes[0] if one.nodes else f"equipment:{one.equipment_id}"
            moments[one.equipment_id] = Moment(
                one.arrival_at, one.earliest, one.latest, part, one.equipment_id, node, one.direction
            )
    ordered = sorted(moments.values(), key=lambda moment: (moment.part is Part.COMING, moment.at))
    return ordered[:MOST]


def latest_seen(moments: Sequence[Moment]) -> int:
    """Place of the last moment that has happened: where the slider stands at first."""
    return max((place for place, moment in enumerate(moments) if moment.part is not Part.COMING), default=0)
