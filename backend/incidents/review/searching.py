"""Reads what the plant's records say of duties around an incident. System role: the worker serves all sites.

Each statement gives candidates; ``lapses`` decides which of them tell of a duty not done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.incidents.models import Incident
from backend.incidents.review.lapses import ANSWER_WITHIN, LOOK_BACK, MOST_OF_A_KIND, Record, suspects
from backend.incidents.review.models import LapseKind

_WARNINGS = """
WITH left_alone AS (
    SELECT a.id, a.equipment_id, a.raised_at, a.title, a.title_en, COALESCE(a.acknowledged_at, a.closed_at) AS done_at
    FROM alarm a
    WHERE a.site_id = :site AND a.kind <> 'system' AND a.judgement <> 'false'
        AND a.raised_at BETWEEN :since AND :opened
        AND (a.equipment_id = ANY(CAST(:equipment AS bigint[])) OR a.group_id = CAST(:group AS bigint))
        AND COALESCE(a.acknowledged_at, a.closed_at, 'infinity') > a.raised_at + CAST(:within AS interval)
    ORDER BY a.raised_at DESC LIMIT :most
)
SELECT 'ignored_warning' AS kind, w.id AS row_id, told.person_id, CAST(NULL AS bigint) AS post_id, w.equipment_id,
    w.raised_at + CAST(:within AS interval) AS due_at, w.done_at, w.title, w.title_en, '/alarms/' || w.id AS url
FROM left_alone w LEFT JOIN LATERAL (
    SELECT DISTINCT d.person_id FROM event e JOIN delivery d ON d.event_id = e.id AND d.addressed
    JOIN person p ON p.id = d.person_id AND p.role <> 'worker'
    WHERE e.site_id = :site AND e.story = 'alarm:' || w.id AND e.kind = 'alarm.raised'
) told ON true
"""
_RECTIFICATIONS = """
SELECT 'late_rectification' AS kind, r.id AS row_id, r.owner_id AS person_id, CAST(NULL AS bigint) AS post_id,
    r.equipment_id, r.deadline AS due_at, r.submitted_at AS done_at, r.title, '' AS title_en,
    '/rectifications/' || r.id AS url
FROM rectification r
WHERE r.site_id = :site AND r.state <> 'cancelled' AND r.deadline < :began
    AND COALESCE(r.submitted_at, 'infinity') > GREATEST(r.deadline, :since)
    AND (r.equipment_id = ANY(CAST(:equipment AS bigint[])) OR (r.equipment_id IS NULL AND r.area_id = :area))
ORDER BY r.deadline DESC LIMIT :most
"""
_CHECKINS = """
WITH missed AS (
    SELECT v.id, v.post_id, v.opens_at, v.closes_at, t.equipment_id, p.name, p.name_en
    FROM inspection_visit v JOIN inspection_stop t ON t.id = v.stop_id JOIN inspection_plan p ON p.id = v.plan_id
    WHERE v.site_id = :site AND v.state = 'missed' AND v.closes_at BETWEEN :since AND :began
        AND (t.equipment_id = ANY(CAST(:equipment AS bigint[])) OR t.area_id = :area)
    ORDER BY v.closes_at DESC LIMIT :most
)
SELECT 'missed_checkin' AS kind, m.id AS row_id, h.person_id, m.post_id, m.equipment_id, m.closes_at AS due_at,
    CAST(NULL AS timestamptz) AS done_at, m.name AS title, m.name_en AS title_en, '/checkins/' || m.id AS url
FROM missed m LEFT JOIN post_holder h
    ON h.post_id = m.post_id AND h.since < m.closes_at AND (h.until IS NULL OR h.until > m.opens_at)
"""
_OF_OWNERS = """
WITH owners AS (
    SELECT q.id AS equipment_id, q.owner_post_id AS post_id, h.person_id
    FROM equipment q LEFT JOIN post_holder h
        ON h.post_id = q.owner_post_id AND h.since <= :began AND (h.until IS NULL OR h.until > :began)
    WHERE q.site_id = :site AND q.id = ANY(CAST(:equipment AS bigint[]))
), upkeep AS (
    SELECT m.*, COALESCE(m.post_id, q.owner_post_id) AS whose, GREATEST(m.due_on, m.asked_on) AS asked_for
    FROM maintenance_record m JOIN equipment q ON q.id = m.equipment_id
    WHERE m.site_id = :site AND q.site_id = :site AND q.id = ANY(CAST(:equipment AS bigint[]))
), missing AS (
    SELECT DISTINCT ON (a.course_id, p.id) a.id AS row_id, a.site_id, a.course_id, p.id AS person_id, o.post_id,
        a.due_on
    FROM owners o JOIN person p ON p.id = o.person_id JOIN training_assignment a ON a.site_id = :site
        AND a.created_at < :began AND (a.person_id = p.id OR a.post_id = o.post_id OR a.team_id = p.team_id)
    WHERE a.due_on < CAST(CAST(:began AS timestamptz) AT TIME ZONE :zone AS date)
    ORDER BY a.course_id, p.id, a.due_on
)
SELECT 'maintenance_overdue' AS kind, m.id AS row_id, h.person_id, m.whose AS post_id, m.equipment_id,
    CAST(m.asked_for + 1 AS timestamp) AT TIME ZONE :zone AS due_at,
    CAST(m.done_on AS timestamp) AT TIME ZONE :zone AS done_at, m.summary AS title, m.summary_en AS title_en,
    COALESCE('/maintenance/' || m.plan_id, '/equipment/' || m.equipment_id) AS url
FROM upkeep m LEFT JOIN post_holder h
    ON h.post_id = m.whose AND h.since <= :began AND (h.until IS NULL OR h.until > :began)
WHERE m.due_on IS NOT NULL AND m.asked_for < CAST(CAST(:began AS timestamptz) AT TIME ZONE :zone AS date)
    AND COALESCE(m.dropped_on, 'infinity') >= CAST(CAST(:began AS timestamptz) AT TIME ZONE :zone AS date)
UNION
SELECT 'training_lapsed', t.id, t.person_id, o.post_id, NULL, CAST(t.valid_until + 1 AS timestamp) AT TIME ZONE :zone,
    (SELECT CAST(min(n.passed_on) AS timestamp) AT TIME ZONE :zone FROM training_record n WHERE n.site_id = t.site_id
        AND n.person_id = t.person_id AND n.course = t.course AND n.id <> t.id
        AND (n.valid_until IS NULL OR n.valid_until > t.valid_until)),
    t.course, t.course_en, '/training'
FROM training_record t JOIN owners o ON o.person_id = t.person_id
WHERE t.site_id = :site AND t.valid_until < CAST(CAST(:began AS timestamptz) AT TIME ZONE :zone AS date)
UNION
SELECT 'training_missing', g.row_id, g.person_id, g.post_id, NULL, CAST(g.due_on + 1 AS timestamp) AT TIME ZONE :zone,
    (SELECT min(q.passed_at) FROM quiz_attempt q WHERE q.site_id = g.site_id AND q.course_id = g.course_id
        AND q.person_id = g.person_id),
    c.title, c.title_en, '/training/' || c.id
FROM missing g JOIN course c ON c.id = g.course_id
"""
_PLACE = """
SELECT s.time_zone, COALESCE(CAST(:area AS bigint), e.area_id) AS area_id, t.result,
    ARRAY(SELECT q.id FROM equipment q WHERE q.site_id = s.id AND q.area_id = CAST(:area AS bigint)
        AND CAST(:equipment AS bigint) IS NULL ORDER BY q.id) AS there
FROM site s
LEFT JOIN equipment e ON e.site_id = s.id AND e.id = CAST(:equipment AS bigint)
LEFT JOIN trace t ON t.site_id = s.id AND t.group_id = CAST(:group AS bigint)
WHERE s.id = :site
"""


@dataclass(frozen=True)
class Around:
    """Where an incident's records are looked for."""

    site_id: int
    equipment: list[int]
    area_id: int | None
    group_id: int | None
    began_at: datetime
    opened_at: datetime
    zone: str


@system_query("the worker looks through the records of every site's incidents")
async def around(session: AsyncSession, incident: Incident) -> Around:
    """The place of ``incident`` with what its trace names first; of an area alone, all equipment there."""
    asked = {
        "site": incident.site_id,
        "area": incident.area_id,
        "equipment": incident.equipment_id,
        "group": incident.group_id,
    }
    row = (await session.execute(text(_PLACE), asked)).one()
    named = suspects(incident.equipment_id, row.result or {})
    return Around(
        incident.site_id,
        list(dict.fromkeys([*named, *row.there])),
        row.area_id,
        incident.group_id,
        incident.began_at,
        incident.opened_at,
        row.time_zone,
    )


@system_query("the worker looks through the records of every site's incidents")
async def records_around(session: AsyncSession, place: Around) -> list[Record]:
    """All records there that may tell of a duty not done."""
    found = []
    for statement in (_WARNINGS, _RECTIFICATIONS, _CHECKINS, _OF_OWNERS):
        rows = await session.execute(text(statement), _asked(statement, place))
        found += [Record(**{**row, "kind": LapseKind(row["kind"])}) for row in rows.mappings()]
    return found


def _asked(statement: str, place: Around) -> dict[str, Any]:
    known: dict[str, Any] = {
        "site": place.site_id,
        "equipment": place.equipment,
        "area": place.area_id,
        "group": place.group_id,
        "began": place.began_at,
        "opened": place.opened_at,
        "since": place.began_at - LOOK_BACK,
        "within": ANSWER_WITHIN,
        "zone": place.zone,
        "most": MOST_OF_A_KIND,
    }
    return {name: value for name, value in known.items() if f":{name}" in statement}
