"""What the plant's own records say about suspected equipment: duties not done, each citing its row. System role."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query


@dataclass(frozen=True)
class RecordEvidence:
    """One record that speaks for a human or management cause at ``equipment_id``.

    ``kind``: ``maintenance_overdue`` (days), ``maintenance_recent`` (days ago), ``training_lapsed`` (days),
    ``earlier_alarms`` (count in 30 days), ``rectification_open`` (days open), ``rectification_late`` (days past its
    deadline), ``measure_failed`` (times it came back, or was returned), ``ignored_warning`` (count in 30 days of
    alarms nobody acknowledged for ``LATE_MINUTES``), ``missed_checkin`` (count in ``LOOKBACK_DAYS``), ``found_bad``
    (days since a check-in found a fault). ``value`` in that unit; ``row_id`` is the row that says so.
    """

    kind: str
    equipment_id: int
    value: float
    row_id: int
    person_id: int | None = None
    text: str = ""
    text_en: str = ""
    sample: bool = False
    post_id: int | None = None
    """The post whose duty it was, where the record names one."""


LOOKBACK_DAYS = 14
"""So far back missed and failed check-ins count; warnings and alarms count for 30 days, as in ``earlier_alarms``."""
LATE_MINUTES = 30
"""A warning that nobody acknowledged for so long was left alone."""

_RECORDS = """
WITH suspects AS (
    SELECT q.id AS equipment_id, q.area_id, q.owner_post_id FROM equipment q
    WHERE q.site_id = :site AND q.id = ANY(CAST(:equipment AS bigint[]))
),
today AS (SELECT (now() AT TIME ZONE s.time_zone)::date AS day FROM site s WHERE s.id = :site)
SELECT 'maintenance_overdue' AS kind, m.equipment_id, ((SELECT day FROM today) - m.due_on)::float AS value,
       m.id AS row_id, NULL::bigint AS person_id, m.summary AS text, m.summary_en AS text_en, m.sample, m.post_id
FROM maintenance_record m JOIN suspects USING (equipment_id)
WHERE m.site_id = :site AND m.due_on < (SELECT day FROM today) AND m.done_on IS NULL AND m.dropped_on IS NULL
UNION ALL
SELECT 'maintenance_recent', m.equipment_id, ((SELECT day FROM today) - m.done_on)::float, m.id, NULL, m.summary,
       m.summary_en, m.sample, NULL
FROM maintenance_record m JOIN suspects USING (equipment_id)
WHERE m.site_id = :site AND m.done_on >= (SELECT day FROM today) - 7
UNION ALL
SELECT 'training_lapsed', s.equipment_id, ((SELECT day FROM today) - t.valid_until)::float, t.id, t.person_id, t.course,
       t.course_en, t.sample, s.owner_post_id
FROM suspects s
JOIN post_holder h ON h.post_id = s.owner_post_id AND h.until IS NULL
JOIN training_record t ON t.person_id = h.person_id AND t.valid_until < (SELECT day FROM today)
WHERE t.site_id = :site AND NOT EXISTS (SELECT 1 FROM training_record n WHERE n.person_id = t.person_id
      AND n.course = t.course AND (n.valid_until IS NULL OR n.valid_until >= (SELECT day FROM today)))
UNION ALL
SELECT 'earlier_alarms', a.equipment_id, count(*)::float, max(a.id), NULL, '', '', false, NULL
FROM alarm a JOIN suspects USING (equipment_id)
WHERE a.site_id = :site AND a.group_id IS DISTINCT FROM :group_id AND a.raised_at > now() - interval '30 days'
GROUP BY a.equipment_id
UNION ALL
SELECT 'rectification_open', r.equipment_id, extract(epoch FROM now() - r.created_at)::float / 86400, r.id, r.owner_id,
       r.title, '', false, NULL
FROM rectification r JOIN suspects USING (equipment_id)
WHERE r.site_id = :site AND r.state NOT IN ('verified', 'cancelled') AND r.deadline >= now()
UNION ALL
SELECT 'rectification_late', r.equipment_id, extract(epoch FROM now() - r.deadline)::float / 86400, r.id, r.owner_id,
       r.title, '', false, NULL
FROM rectification r JOIN suspects USING (equipment_id)
WHERE r.site_id = :site AND r.state NOT IN ('verified', 'cancelled') AND r.deadline < now()
UNION ALL
SELECT 'measure_failed', r.equipment_id, GREATEST(r.recurrence, 1)::float, r.id, r.owner_id, r.title, '', false, NULL
FROM rectification r JOIN suspects USING (equipment_id)
WHERE r.site_id = :site AND r.state <> 'cancelled' AND r.created_at > now() - interval '90 days'
      AND (r.recurrence > 0 OR r.state = 'returned')
UNION ALL
SELECT 'ignored_warning', a.equipment_id, count(*)::float, max(a.id), NULL, '', '', false, NULL
FROM alarm a JOIN suspects USING (equipment_id)
WHERE a.site_id = :site AND a.kind <> 'system' AND a.raised_at > now() - interval '30 days'
      AND COALESCE(a.acknowledged_at, a.closed_at, now()) > a.raised_at + make_interval(mins => :late_minutes)
GROUP BY a.equipment_id
UNION ALL
SELECT 'missed_checkin', s.equipment_id, count(*)::float, max(v.id), NULL, max(p.name), max(p.name_en),
       bool_and(p.sample), max(v.post_id)
FROM inspection_visit v JOIN inspection_stop t ON t.id = v.stop_id JOIN inspection_plan p ON p.id = v.plan_id
JOIN suspects s ON s.equipment_id = t.equipment_id OR s.area_id = t.area_id
WHERE v.site_id = :site AND v.state = 'missed' AND v.closes_at > now() - make_interval(days => :lookback_days)
GROUP BY s.equipment_id
UNION ALL
SELECT 'found_bad', c.equipment_id, extract(epoch FROM now() - c.at)::float / 86400, c.id, c.person_id,
       (SELECT min(w.title) FROM check_in_answer w WHERE w.check_in_id = c.id AND w.verdict = 'failed'), '', false, NULL
FROM check_in c JOIN suspects USING (equipment_id)
WHERE c.site_id = :site AND c.failed > 0 AND c.at > now() - make_interval(days => :lookback_days)
"""

_KEPT = """
SELECT q.id,
       EXISTS (SELECT 1 FROM maintenance_record m WHERE m.site_id = :site AND m.equipment_id = q.id) AS maintained,
       EXISTS (SELECT 1 FROM post_holder h JOIN training_record t ON t.person_id = h.person_id
               WHERE h.post_id = q.owner_post_id AND h.until IS NULL AND t.site_id = :site) AS trained,
       EXISTS (SELECT 1 FROM inspection_stop s WHERE s.site_id = :site AND s.active
               AND (s.equipment_id = q.id OR s.area_id = q.area_id)) AS visited
FROM equipment q WHERE q.site_id = :site AND q.id = ANY(CAST(:equipment AS bigint[]))
"""
_RESTS_ON = {
    "maintenance_overdue": "maintained",
    "maintenance_recent": "maintained",
    "training_lapsed": "trained",
    "missed_checkin": "visited",
    "found_bad": "visited",
}
"""Factor → what must be kept about equipment before the lack of such a record says anything."""


@system_query("the worker asks what every site keeps records of")
async def records_kept(session: AsyncSession, site_id: int, equipment_ids: list[int]) -> set[tuple[int, str]]:
    """(equipment, factor) of which records would exist if there were anything to record: their lack is a no.

    Alarms and rectifications are kept for all equipment and aren't listed.
    """
    rows = await session.execute(text(_KEPT), {"site": site_id, "equipment": equipment_ids})
    return {(row["id"], kind) for row in rows.mappings() for kind, basis in _RESTS_ON.items() if row[basis]}


def needs_keeping(kind: str) -> bool:
    """Whether the lack of such a record says nothing where nobody keeps any."""
    return kind in _RESTS_ON


@system_query("the worker gathers evidence for every site's traces")
async def records_about(
    session: AsyncSession, site_id: int, equipment_ids: list[int], group_id: int | None
) -> list[RecordEvidence]:
    """Records about these pieces of equipment, and about the people who hold their owner posts."""
    rows = await session.execute(
        text(_RECORDS),
        {
            "site": site_id,
            "equipment": equipment_ids,
            "group_id": group_id,
            "late_minutes": LATE_MINUTES,
            "lookback_days": LOOKBACK_DAYS,
        },
    )
    return [RecordEvidence(**row) for row in rows.mappings()]


@dataclass(frozen=True)
class AnswerablePost:
    """A post that owns suspected equipment, and who holds it now."""

    post_id: int
    equipment_id: int
    holder_ids: list[int]


@system_query("the worker names the posts answerable in every site's traces")
async def answerable_posts(session: AsyncSession, site_id: int, equipment_ids: list[int]) -> list[AnswerablePost]:
    """Owner posts of the equipment, in the order given."""
    rows: list[Any] = list(
        await session.execute(
            text(
                "SELECT q.owner_post_id, q.id, ARRAY(SELECT h.person_id FROM post_holder h "
                "WHERE h.post_id = q.owner_post_id AND h.until IS NULL ORDER BY h.id) "
                "FROM equipment q WHERE q.site_id = :site AND q.id = ANY(CAST(:equipment AS bigint[])) "
                "AND q.owner_post_id IS NOT NULL"
            ),
            {"site": site_id, "equipment": equipment_ids},
        )
    )
    by_equipment = {row[1]: AnswerablePost(row[0], row[1], list(row[2])) for row in rows}
    return [by_equipment[id_] for id_ in equipment_ids if id_ in by_equipment]
