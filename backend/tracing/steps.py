"""A stored trace in the order in which people read it: the steps of a path in time, the scope by equipment. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

LEAST_SCORE = 0.15
"""What is touched less than this and isn't moving is left out of the scope that people see."""


@dataclass(frozen=True, slots=True)
class Step:
    """A node on the way from root to symptom; ``onset_at`` None where it hasn't moved or isn't measured.

    ``after_s``: seconds after the first step that moved; negative when it moved before it.
    """

    node: str
    onset_at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    after_s: float | None


@dataclass(frozen=True, slots=True)
class Reached:
    """Equipment that the disturbance has reached or will reach; moments UTC.

    ``by``: kind of the link it comes by, empty where none is known; ``direction``: +1 readings rise, −1 they fall."""

    equipment_id: int
    arrived: bool
    arrival_at: datetime
    earliest: datetime
    latest: datetime
    nodes: tuple[str, ...]
    by: str = ""
    direction: int = 0


@dataclass(frozen=True, slots=True)
class Onset:
    at: datetime
    earliest: datetime
    latest: datetime


def steps_of(result: Mapping[str, Any], cause: Mapping[str, Any]) -> list[Step]:
    """The way from ``cause`` to the symptom; both ends alone where no way is known."""
    begun = onsets_of(result)
    symptom = result.get("symptom")
    ends = [cause["node"], *([symptom] if symptom and symptom != cause["node"] else [])]
    nodes = list(cause["path"]) or ends
    first = next((begun[node].at for node in nodes if node in begun), None)
    return [_step(node, begun.get(node), first) for node in nodes]


def _step(node: str, onset: Onset | None, first: datetime | None) -> Step:
    if onset is None or first is None:
        return Step(node, None, None, None, None)
    return Step(node, onset.at, onset.earliest, onset.latest, (onset.at - first).total_seconds())


def onsets_of(result: Mapping[str, Any]) -> dict[str, Onset]:
    """When each node began to move, as far as the trace knows."""
    begun = {
        item["node"]: Onset(*(datetime.fromisoformat(item[k]) for k in ("arrival_at", "earliest", "latest")))
        for item in chain(*result.get("forward", {}).values(), result["scope"])
        if item["moving"]
    }
    return begun | {
        cause["node"]: Onset(
            *(datetime.fromisoformat(cause[k]) for k in ("onset_at", "onset_earliest", "onset_latest"))
        )
        for cause in result["causes"]
        if cause["onset_at"]
    }


def scope_of(result: Mapping[str, Any], rank: int = 0) -> Sequence[Mapping[str, Any]]:
    """What the cause at this rank (from 0) reaches; the first cause's where no scope of its own is stored."""
    causes = result["causes"]
    own = result.get("forward", {}).get(causes[rank]["node"]) if rank < len(causes) else None
    found: Sequence[Mapping[str, Any]] = result["scope"] if own is None else own
    return found


def reached_equipment(result: Mapping[str, Any], rank: int = 0) -> list[Reached]:
    """The scope of the cause at ``rank`` by equipment: what is reached already first, then in the order of arrival;
    not where it begins."""
    causes = result["causes"]
    origin = causes[rank if rank < len(causes) else 0]["equipment_id"] if causes else None
    by_equipment: dict[int, list[Mapping[str, Any]]] = {}
    for item in scope_of(result, rank):
        equipment_id = item["equipment_id"]
        if (
            equipment_id
            and equipment_id != origin
            and (item["moving"] or (item["path"] and item["score"] >= LEAST_SCORE))
        ):
            by_equipment.setdefault(equipment_id, []).append(item)
    found = [_reached(equipment_id, items) for equipment_id, items in by_equipment.items()]
    return sorted(found, key=lambda r: (not r.arrived, r.arrival_at))


def _reached(equipment_id: int, items: Sequence[Mapping[str, Any]]) -> Reached:
    moving = [item for item in items if item["moving"]]
    first = min(moving or items, key=lambda item: item["arrival_at"])
    at, earliest, latest = (datetime.fromisoformat(first[key]) for key in ("arrival_at", "earliest", "latest"))
    points = tuple(item["node"] for item in moving or items if item["node"].startswith("point:"))
    by, direction = first.get("by", ""), first.get("direction", 0)
    return Reached(equipment_id, bool(moving), at, earliest, latest, points, by, direction)


def equipment_path(steps: Sequence[Step], equipment_of: Mapping[str, int | None]) -> list[int]:
    """Equipment along the way, each once, for the plan."""
    ids = [equipment_of.get(step.node) for step in steps]
    return list(dict.fromkeys(id_ for id_ in ids if id_))
