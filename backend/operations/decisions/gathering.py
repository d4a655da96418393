"""What a site's records say for decisions: of each round how much went wrong at its places, of each class of equipment
how it fails with age. The worker calls it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.operations.decisions.rounds import MINUTES_A_STOP, WEIGHTS
from backend.operations.decisions.wear import Law, Unit, law_of, spared

WEEKS = 26
YEAR_DAYS = 365.25
MOST_REFS = 50

_WALKED = """
WITH trouble AS (
    SELECT 'report:' || h.id AS ref, h.level, h.equipment_id, COALESCE(h.area_id, e.area_id) AS area_id,
        COALESCE(h.captured_at, h.created_at) AS at
    FROM hazard_report h LEFT JOIN equipment e ON e.id = h.equipment_id
    WHERE h.site_id = :site AND h.state IN ('waiting', 'accepted') AND h.created_at >= :since
    UNION ALL
    SELECT 'incident:' || i.id, i.level, i.equipment_id, COALESCE(i.area_id, e.area_id), i.began_at
    FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
    WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since
),
stop AS (SELECT s.plan_id, s.equipment_id, s.area_id FROM inspection_stop s WHERE s.site_id = :site AND s.active),
met AS (
    SELECT DISTINCT s.plan_id, t.ref, t.level, t.at, t.equipment_id, t.area_id FROM trouble t JOIN stop s
    ON s.equipment_id = t.equipment_id OR s.area_id = t.area_id
),
gap AS (
    SELECT v.plan_id, extract(epoch FROM c.at - lag(c.at) OVER (PARTITION BY c.person_id ORDER BY c.at)) / 60 AS minutes
    FROM check_in c JOIN inspection_visit v ON v.id = c.visit_id WHERE c.site_id = :site AND c.at >= :lately
)
SELECT p.id AS plan_id, (SELECT count(*) FROM stop s WHERE s.plan_id = p.id) AS stops,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes)::float8 FROM gap g
        WHERE g.plan_id = p.id AND g.minutes BETWEEN 0.2 AND 30) AS minutes,
    COALESCE((SELECT jsonb_object_agg(level, n) FROM (SELECT level, count(*) AS n FROM met m WHERE m.plan_id = p.id
        GROUP BY level) of_level), '{}') AS levels,
    ARRAY(SELECT m.ref FROM met m WHERE m.plan_id = p.id ORDER BY m.at DESC, m.ref LIMIT :most) AS refs,
    (SELECT m.area_id FROM met m WHERE m.plan_id = p.id AND m.area_id IS NOT NULL
        GROUP BY m.area_id ORDER BY count(*) DESC, m.area_id LIMIT 1) AS area_id
FROM inspection_plan p WHERE p.site_id = :site AND p.active ORDER BY p.id
"""

_LIVES = """
SELECT e.id, e.equipment_class AS class, e.commissioned_on, e.name, COALESCE(NULLIF(e.name_en, ''), e.name) AS name_en,
    ARRAY(SELECT r.done_on FROM maintenance_record r JOIN maintenance_plan p ON p.id = r.plan_id
        WHERE r.site_id = :site AND r.equipment_id = e.id AND p.kind = 'renewal' AND r.done_on IS NOT NULL
        ORDER BY r.done_on) AS renewed,
    (SELECT count(*) FROM trace t WHERE t.site_id = :site AND t.first_made_at >= :year
        AND (t.confirmed_node = 'equipment:' || e.id OR t.confirmed_node LIKE 'equipment:' || e.id || '/%')) AS traces
FROM equipment e WHERE e.site_id = :site AND e.equipment_class <> '' AND e.commissioned_on IS NOT NULL ORDER BY e.id
"""

_FAILURES = """
SELECT equipment_id, (at AT TIME ZONE :zone)::date AS day, level, ref FROM (
    SELECT equipment_id, began_at AS at, level, 'incident:' || id AS ref FROM incident
    WHERE site_id = :site AND kind = 'equipment_failure' AND state <> 'called_off' AND equipment_id IS NOT NULL
    UNION ALL
    SELECT r.equipment_id, r.created_at, r.level, 'rectification:' || r.id FROM rectification r
    LEFT JOIN alarm a ON a.id = r.alarm_id LEFT JOIN point p ON p.id = a.point_id
    WHERE r.site_id = :site AND r.state <> 'cancelled' AND r.parent_id IS NULL AND r.equipment_id IS NOT NULL
    AND (p.kind = 'equipment' OR EXISTS (SELECT FROM hazard_report h WHERE h.site_id = :site
        AND h.rectification_id = r.id AND h.factor = 'object'))
) failed ORDER BY at
"""


@dataclass(frozen=True)
class Walked:
    """A plan in use: its stops, minutes of a whole round (``known``: as walked lately), what went wrong there."""

    plan_id: int
    stops: int
    minutes: float
    known: bool
    levels: Mapping[str, int]
    refs: Sequence[str]
    area_id: int | None

    @property
    def points(self) -> float:
        """Risk points of it."""
        return sum(WEIGHTS.get(level, 1.0) * times for level, times in self.levels.items())


@dataclass(frozen=True)
class Renewal:
    """A piece that wears: what its renewal spares in the year ahead."""

    equipment_id: int
    name: str
    name_en: str
    age: float
    expected: float
    spares: float
    points: float
    traces: int
    refs: Sequence[str]


@dataclass(frozen=True)
class Worn:
    """A class of equipment with its law, and the pieces whose renewal would spare most."""

    name: str
    law: Law
    renewals: Sequence[Renewal]


@system_query("the worker finds out at every site")
async def walked(session: AsyncSession, site_id: int) -> list[Walked]:
    """The plans in use with what went wrong at their places in the last ``WEEKS`` weeks."""
    since = now() - timedelta(weeks=WEEKS)
    values = {"site": site_id, "since": since, "lately": now() - timedelta(days=90), "most": MOST_REFS}
    rows = (await session.execute(text(_WALKED), values)).mappings()
    return [
        Walked(
            row["plan_id"],
            row["stops"],
            row["stops"] * (row["minutes"] or MINUTES_A_STOP),
            row["minutes"] is not None,
            row["levels"],
            row["refs"],
            row["area_id"],
        )
        for row in rows
        if row["stops"]
    ]


@system_query("the worker finds out at every site")
async def worn(session: AsyncSession, site_id: int) -> list[Worn]:
    """Each class of equipment whose age is known, with the pieces that a renewal would do good, the most first."""
    about = await session.execute(
        text(
            "SELECT s.time_zone, least(s.created_at, (SELECT min(created_at) FROM rectification WHERE site_id = s.id), "
            "(SELECT min(began_at) FROM incident WHERE site_id = s.id)) FROM site s WHERE s.id = :site"
        ),
        {"site": site_id},
    )
    zone, since = about.one()
    began, today = since.astimezone(ZoneInfo(zone)).date(), now().astimezone(ZoneInfo(zone)).date()
    failures: dict[int, list[RowMapping]] = defaultdict(list)
    for row in (await session.execute(text(_FAILURES), {"site": site_id, "zone": zone})).mappings():
        failures[row["equipment_id"]].append(row)
    classes: dict[str, list[RowMapping]] = defaultdict(list)
    for row in (await session.execute(text(_LIVES), {"site": site_id, "year": now() - timedelta(days=365)})).mappings():
        classes[row["class"]].append(row)
    return [_class(name, pieces, failures, began, today) for name, pieces in sorted(classes.items())]


def _class(
    name: str, pieces: Sequence[RowMapping], failures: Mapping[int, Sequence[RowMapping]], began: date, today: date
) -> Worn:
    lives = {piece["id"]: _lives(piece, failures.get(piece["id"], ()), began, today) for piece in pieces}
    law = law_of([unit for units in lives.values() for unit in units])
    seen = [row for piece in pieces for row in failures.get(piece["id"], ())]
    weight = sum(WEIGHTS.get(row["level"], 1.0) for row in seen) / len(seen) if seen else 0.0
    renewals = [
        Renewal(
            piece["id"],
            piece["name"],
            piece["name_en"],
            lives[piece["id"]][-1].age,
            law.expected(lives[piece["id"]][-1].age),
            spares,
            spares * weight,
            piece["traces"],
            [row["ref"] for row in failures.get(piece["id"], ())][::-1][:MOST_REFS],
        )
        for piece in pieces
        if (spares := spared(law, lives[piece["id"]][-1].age)) > 0 and failures.get(piece["id"])
    ]
    return Worn(name, law, sorted(renewals, key=lambda one: -one.points))


def _lives(piece: RowMapping, failures: Sequence[RowMapping], began: date, today: date) -> list[Unit]:
    """What is known of a piece: lives from one renewal to the next, watched since records began, the last until now."""
    starts = [piece["commissioned_on"], *(day for day in piece["renewed"] if day > piece["commissioned_on"])]
    lives = []
    for start, end in zip(starts, [*starts[1:], today], strict=True):
        since, until = max(start, began), max(start, end)
        ages = tuple((row["day"] - start).days / YEAR_DAYS for row in failures if since <= row["day"] <= until)
        lives.append(Unit((min(since, until) - start).days / YEAR_DAYS, (until - start).days / YEAR_DAYS, ages))
    return lives


def stored_walk(one: Walked) -> dict[str, Any]:
    """As ``DecisionRound.rounds`` holds it."""
    return asdict(one)


def stored_class(one: Worn) -> dict[str, Any]:
    """As ``DecisionRound.classes`` holds it, of the pieces only how many."""
    return {"name": one.name, **asdict(one.law), "wears": one.law.wears, "renewals": len(one.renewals)}
