"""What risk points say about the places of rounds: how grave what may happen there is, before anything did.

A place with few records is judged by what is expected of it: its stops count by the present level of the risk points
there instead of all alike (``exposure``). The worker calls it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.operations.decisions.rounds import WEIGHTS

MOST_REFS = 20

_GROUNDS = """
WITH stop AS (
    SELECT s.id, s.plan_id, s.equipment_id, s.area_id FROM inspection_stop s
    JOIN inspection_plan p ON p.id = s.plan_id AND p.active WHERE s.site_id = :site AND s.active
),
graded AS (
    SELECT p.id, p.level, p.equipment_id, COALESCE(p.area_id, e.area_id) AS area_id,
        array_position(ARRAY['major', 'significant', 'general', 'low'], p.level) AS place
    FROM risk_point p LEFT JOIN equipment e ON e.id = p.equipment_id
    WHERE p.site_id = :site AND p.retired_at IS NULL AND p.level <> ''
),
met AS (
    SELECT s.id AS stop_id, s.plan_id, g.id, g.level, g.place FROM stop s JOIN graded g
    ON g.equipment_id = s.equipment_id OR g.area_id = s.area_id
),
at_stop AS (
    SELECT s.plan_id, COALESCE((array_agg(m.level ORDER BY m.place) FILTER (WHERE m.id IS NOT NULL))[1], '') AS level
    FROM stop s LEFT JOIN met m ON m.stop_id = s.id GROUP BY s.id, s.plan_id
)
SELECT a.plan_id, jsonb_object_agg(a.level, a.n) AS stops,
    COALESCE((SELECT jsonb_object_agg(level, n) FROM (SELECT m.level, count(DISTINCT m.id) AS n FROM met m
        WHERE m.plan_id = a.plan_id GROUP BY m.level) of_level), '{}') AS points,
    ARRAY(SELECT 'risk_point:' || m.id FROM met m WHERE m.plan_id = a.plan_id GROUP BY m.id, m.place
        ORDER BY m.place, m.id LIMIT :most) AS refs
FROM (SELECT plan_id, level, count(*) AS n FROM at_stop GROUP BY plan_id, level) a GROUP BY a.plan_id
"""


@dataclass(frozen=True)
class Ground:
    """Of a plan: ``exposure`` of its stops, how many risk points of each level are there, and which."""

    exposure: float
    points: Mapping[str, int]
    refs: Sequence[str]


def exposure(stops: Mapping[str, int]) -> float:
    """Weights of stops, each by the highest present level of its risk points; "" (none is graded) counts as low.

    4 stops, one at a major point: 27 + 3 × 1 = 30.
    """
    return sum(WEIGHTS.get(level, 1.0) * count for level, count in stops.items())


@system_query("the worker finds out at every site")
async def grounds(session: AsyncSession, site_id: int) -> Mapping[int, Ground]:
    """What risk points say of each plan in use, by its id."""
    rows = (await session.execute(text(_GROUNDS), {"site": site_id, "most": MOST_REFS})).mappings()
    return {row["plan_id"]: Ground(exposure(row["stops"]), row["points"], row["refs"]) for row in rows}


def stored_ground(one: Ground | None) -> dict[str, Any]:
    """As ``DecisionRound.rounds`` holds it beside what was walked."""
    if one is None:
        return {}
    return {"exposure": one.exposure, "risk_points": dict(one.points), "risk_refs": list(one.refs)}
