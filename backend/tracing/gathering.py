"""What one trace is made from, read from the domains: alarms, plant graph, readings, normal, records. System role."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import driver_connection
from backend.identity.permissions import system_query
from backend.tracing.engine import Link, LinkKind, Node, NodeKind, Normal, PlantGraph, Window, learn_normal

ROWS = 400
"""Rows of the window: enough for the slowest development faults, little enough to answer in a second."""
MOST_POINTS = 400
SHORTEST_STEP_S, LONGEST_STEP_S = 0.2, 900.0


def point_key(point_id: int) -> str:
    """Node key of a point in graphs and stored traces."""
    return f"point:{point_id}"


def equipment_key(equipment_id: int) -> str:
    """Node key of equipment in graphs and stored traces."""
    return f"equipment:{equipment_id}"


@dataclass(frozen=True)
class GroupAlarm:
    """One alarm of the group to be explained."""

    id: int
    point_id: int | None
    equipment_id: int | None
    level: str
    raised_at: datetime
    advice: str
    advice_en: str


@dataclass(frozen=True)
class Material:
    """All that the engine and the records say; times UTC."""

    site_id: int
    alarms: list[GroupAlarm]
    graph: PlantGraph
    window: Window
    normal: Normal
    normal_id: int | None
    """The learned normal used; None: learned from the readings before the alarm."""
    equipment_of: dict[str, int]
    """Node key → equipment id."""


@system_query("the worker traces every site's alarms")
async def alarms_of_group(session: AsyncSession, group_id: int) -> tuple[int, list[GroupAlarm]]:
    """Site and alarms of a group, the first raised first. Raises LookupError for a group without alarms."""
    rows = (
        (
            await session.execute(
                text(
                    "SELECT a.site_id, a.id, a.point_id, a.equipment_id, a.level, a.raised_at, "
                    "COALESCE(r.advice, '') AS advice, COALESCE(r.advice_en, '') AS advice_en "
                    "FROM alarm a LEFT JOIN alarm_rule r ON r.id = a.rule_id "
                    "WHERE a.group_id = :group_id ORDER BY a.raised_at, a.id"
                ),
                {"group_id": group_id},
            )
        )
        .mappings()
        .all()
    )
    if not rows:
        raise LookupError(f"alarm group {group_id} has no alarms")
    alarms = [GroupAlarm(**{k: v for k, v in row.items() if k != "site_id"}) for row in rows]
    return rows[0]["site_id"], alarms


@system_query("the worker traces every site's alarms")
async def gather(session: AsyncSession, group_id: int, until: datetime) -> Material:
    """Everything for one trace of readings up to ``until``."""
    site_id, alarms = await alarms_of_group(session, group_id)
    graph, equipment_of = await plant_graph(session, site_id)
    normal_id, stored, point_ids = await _stored_normal(session, site_id)
    if stored is None:
        point_ids = await _points_near(session, site_id, graph, alarms)
    first = next((a.point_id for a in alarms if a.point_id), point_ids[0] if point_ids else 0)
    step_s = await cadence(session, site_id, first, until)
    window = await read_window(session, site_id, point_ids, until, step_s)
    if stored is not None:
        normal = replace(stored, points=tuple(point_key(id_) for id_ in point_ids))
        return Material(site_id, alarms, graph, window, normal, normal_id, equipment_of)
    before = await read_window(
        session, site_id, point_ids, min(a.raised_at for a in alarms) - timedelta(seconds=step_s * 60), step_s, ROWS * 2
    )
    return Material(site_id, alarms, graph, window, learn_normal(before), None, equipment_of)


@system_query("the worker traces every site's alarms")
async def plant_graph(session: AsyncSession, site_id: int) -> tuple[PlantGraph, dict[str, int]]:
    """The site's graph for the engine, and the equipment of each of its nodes."""
    points = (
        await session.execute(
            text(
                "SELECT id, equipment_id, manipulated FROM point WHERE site_id = :site AND status = 'active' "
                "AND left(code, 1) <> '_'"
            ),
            {"site": site_id},
        )
    ).all()
    equipment = (
        (await session.execute(text("SELECT id FROM equipment WHERE site_id = :site"), {"site": site_id}))
        .scalars()
        .all()
    )
    links = (
        await session.execute(
            text(
                "SELECT kind, delay_s, source_equipment_id, source_point_id, target_equipment_id, target_point_id "
                "FROM link WHERE site_id = :site"
            ),
            {"site": site_id},
        )
    ).all()
    nodes = [Node(equipment_key(id_), NodeKind.UNIT) for id_ in equipment]
    nodes += [
        Node(
            point_key(row.id),
            NodeKind.ACTUATOR if row.manipulated else NodeKind.SENSOR,
            equipment_key(row.equipment_id) if row.equipment_id else None,
        )
        for row in points
    ]
    edges = [
        Link(
            _end(row.source_equipment_id, row.source_point_id),
            _end(row.target_equipment_id, row.target_point_id),
            LinkKind(row.kind),
            row.delay_s,
        )
        for row in links
    ]
    equipment_of = {equipment_key(id_): id_ for id_ in equipment}
    equipment_of |= {point_key(row.id): row.equipment_id for row in points if row.equipment_id}
    return PlantGraph(nodes, edges), equipment_of


def _end(equipment_id: int | None, point_id: int | None) -> str:
    return equipment_key(equipment_id) if equipment_id is not None else point_key(point_id or 0)


@system_query("the worker traces every site's alarms")
async def _stored_normal(session: AsyncSession, site_id: int) -> tuple[int | None, Normal | None, list[int]]:
    row = (
        await session.execute(
            text(
                "SELECT id, point_ids, parameters FROM learned_normal WHERE site_id = :site AND active "
                "ORDER BY id DESC LIMIT 1"
            ),
            {"site": site_id},
        )
    ).one_or_none()
    if row is None:
        return None, None, []
    return row.id, Normal.from_dict(row.parameters), list(row.point_ids)


@system_query("the worker traces every site's alarms")
async def _points_near(session: AsyncSession, site_id: int, graph: PlantGraph, alarms: list[GroupAlarm]) -> list[int]:
    """Active points, those that can act on the alarms first, at most ``MOST_POINTS``."""
    ids = (
        (
            await session.execute(
                text(
                    "SELECT id FROM point WHERE site_id = :site AND status = 'active' "
                    "AND left(code, 1) <> '_' ORDER BY id"
                ),
                {"site": site_id},
            )
        )
        .scalars()
        .all()
    )
    above = graph.upstream([point_key(a.point_id) for a in alarms if a.point_id])
    nearest = sorted(ids, key=lambda id_: above[point_key(id_)].steps if point_key(id_) in above else 1e9)
    return sorted(nearest[:MOST_POINTS])


async def cadence(session: AsyncSession, site_id: int, point_id: int, until: datetime) -> float:
    """Usual seconds between two readings of a point lately; 10 where it has too few."""
    times = (
        (
            await session.execute(
                text(
                    "SELECT at FROM reading WHERE site_id = :site AND point_id = :point AND at <= :until "
                    "AND at > :until - interval '7 days' ORDER BY at DESC LIMIT 40"
                ),
                {"site": site_id, "point": point_id, "until": until},
            )
        )
        .scalars()
        .all()
    )
    if len(times) < 3:
        return 10.0
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(times)]
    return float(np.clip(np.median(gaps), SHORTEST_STEP_S, LONGEST_STEP_S))


async def read_window(
    session: AsyncSession, site_id: int, point_ids: list[int], until: datetime, step_s: float, rows: int = ROWS
) -> Window:
    """Readings of the points on a grid of ``step_s`` up to ``until``: the last value in each cell, gaps as NaN."""
    start = until - timedelta(seconds=step_s * rows)
    connection: Any = await driver_connection(session)
    found = await connection.fetch(
        "SELECT DISTINCT ON (point_id, cell) point_id, floor(extract(epoch FROM at - $3) / $5)::int AS cell, value "
        "FROM reading WHERE site_id = $1 AND point_id = ANY($2::bigint[]) AND at >= $3 AND at < $4 AND quality & 4 = 0 "
        "ORDER BY point_id, cell, at DESC",
        site_id,
        point_ids,
        start,
        until,
        step_s,
    )
    column = {point_id: index for index, point_id in enumerate(point_ids)}
    values = np.full((rows, len(point_ids)), np.nan)
    for point_id, cell, value in found:
        if 0 <= cell < rows:
            values[cell, column[point_id]] = value
    kept = ~np.isnan(values).all(1) if len(point_ids) else np.zeros(rows, bool)
    times = start.timestamp() + (np.arange(rows) + 1) * step_s
    return Window.of(times[kept], [point_key(id_) for id_ in point_ids], values[kept])
