"""The plant as a trace sees it: equipment, active points and links of a site, as the engine's graph. System role."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.tracing.engine import Link, LinkKind, Node, NodeKind, PlantGraph


def point_key(point_id: int) -> str:
    """Node key of a point in graphs and stored traces."""
    return f"point:{point_id}"


def equipment_key(equipment_id: int) -> str:
    """Node key of equipment in graphs and stored traces."""
    return f"equipment:{equipment_id}"


@dataclass(frozen=True, slots=True)
class MappedPoint:
    """An active point. ``ruled``: a rule judges it; ``expected_s``: how far apart its readings should be."""

    id: int
    name: str
    equipment_id: int | None
    manipulated: bool
    unit: str
    expected_s: float | None
    ruled: bool


class _Raised(Protocol):
    @property
    def point_id(self) -> int | None: ...


@dataclass(frozen=True)
class PlantMap:
    """Points in the order of their ids, pieces of equipment by id, links as rows."""

    points: Sequence[MappedPoint]
    equipment: Sequence[int]
    links: Sequence[Any]

    @property
    def equipment_of(self) -> dict[str, int]:
        """Node key → equipment id."""
        own = {equipment_key(id_): id_ for id_ in self.equipment}
        return own | {point_key(p.id): p.equipment_id for p in self.points if p.equipment_id}

    def graph(self, quickness: float = 1.0) -> PlantGraph:
        """For the engine. ``quickness``: so many times as fast as drawn does the plant run (``tracing.pace``)."""
        nodes = [Node(equipment_key(id_), NodeKind.UNIT) for id_ in self.equipment]
        shared = _quantities(self.points)
        nodes += [_node(point, shared.get(point.id)) for point in self.points]
        return PlantGraph(nodes, [_link(row, quickness) for row in self.links])

    def contact_candidates(self, alarms: Sequence[_Raised]) -> list[str]:
        """Points that may be contacts of plant alarms: without a unit, set by nobody, judged by a rule or raised."""
        raised = {alarm.point_id for alarm in alarms}
        return [
            point_key(p.id) for p in self.points if not p.unit and not p.manipulated and (p.ruled or p.id in raised)
        ]


@system_query("the worker traces every site's alarms")
async def plant_map(session: AsyncSession, site_id: int) -> PlantMap:
    """What stands at the site now. The product's own points (codes that begin with ``_``) are left out."""
    points = await session.execute(
        text(
            "SELECT p.id, p.name, p.equipment_id, p.manipulated, p.unit, p.expected_interval_s, EXISTS "
            "(SELECT FROM alarm_rule r WHERE r.point_id = p.id AND r.enabled AND r.kind = 'threshold') AS ruled "
            "FROM point p WHERE p.site_id = :site AND p.status = 'active' AND left(p.code, 1) <> '_' ORDER BY p.id"
        ),
        {"site": site_id},
    )
    equipment = await session.execute(
        text("SELECT id FROM equipment WHERE site_id = :site AND retired_at IS NULL"), {"site": site_id}
    )
    links = await session.execute(
        text(
            "SELECT kind, delay_s, source_equipment_id, source_point_id, target_equipment_id, target_point_id "
            "FROM link WHERE site_id = :site"
        ),
        {"site": site_id},
    )
    return PlantMap([MappedPoint(*row) for row in points], list(equipment.scalars()), links.all())


def _quantities(points: Sequence[MappedPoint]) -> dict[int, str]:
    """Point id → what it measures, where several pieces of equipment have it measured under one name and unit.

    A unit alone doesn't make two points comparable: with it the right cause of the demo plant's faults came first in
    0.56 of the cases instead of 0.94 (docs/tracing/moments.md).
    """
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for point in points:
        if point.equipment_id:
            places[point.name, point.unit].add(point.equipment_id)
    return {p.id: f"{p.name} {p.unit}" for p in points if len(places[p.name, p.unit]) > 1}


def _node(point: MappedPoint, quantity: str | None) -> Node:
    return Node(
        point_key(point.id),
        NodeKind.ACTUATOR if point.manipulated else NodeKind.SENSOR,
        equipment_key(point.equipment_id) if point.equipment_id else None,
        quantity,
    )


def _link(row: Any, quickness: float) -> Link:
    source = _end(row.source_equipment_id, row.source_point_id)
    target = _end(row.target_equipment_id, row.target_point_id)
    return Link(source, target, LinkKind(row.kind), None if row.delay_s is None else row.delay_s / quickness)


def _end(equipment_id: int | None, point_id: int | None) -> str:
    return equipment_key(equipment_id) if equipment_id is not None else point_key(point_id or 0)
