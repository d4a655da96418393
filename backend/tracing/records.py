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
    ``earlier_alarms`` (count in 30 days), ``rectification_open`` (days open). ``value`` in that unit;
    ``row_id`` is the row that says so.
    """

    kind: str
    equipment_id: int
    value: float
    row_id: int
    person_id: int | None = None
    text: str = ""
    text_en: str = ""
    sample: bool = False


_RECORDS = """
WITH suspects AS (SELECT unnest(CAST(:equipment AS bigint[])) AS equipment_id)
SELECT 'maintenance_overdue' AS kind, m.equipment_id, (CURRENT_DATE - m.due_on)::float AS value, m.id AS row_id,
       NULL::bigint AS person_id, m.summary AS text, m.summary_en AS text_en, m.sample
FROM maintenance_record m JOIN suspects USING (equipment_id)
WHERE m.site_id = :site AND m.done_on IS NULL AND m.due_on < CURRENT_DATE
UNION ALL
SELECT 'maintenance_recent', m.equipment_id, (CURRENT_DATE - m.done_on)::float, m.id, NULL, m.summary, m.summary_en,
       m.sample
FROM maintenance_record m JOIN suspects USING (equipment_id)
WHERE m.site_id = :site AND m.done_on >= CURRENT_DATE - 7
UNION ALL
SELECT 'training_lapsed', q.id, (CURRENT_DATE - t.valid_until)::float, t.id, t.person_id, t.course, t.course_en,
       t.sample
FROM equipment q JOIN suspects s ON s.equipment_id = q.id
JOIN post_holder h ON h.post_id = q.owner_post_id AND h.until IS NULL
JOIN training_record t ON t.person_id = h.person_id AND t.valid_until < CURRENT_DATE
WHERE q.site_id = :site AND NOT EXISTS (SELECT 1 FROM training_record n WHERE n.person_id = t.person_id
      AND n.course = t.course AND (n.valid_until IS NULL OR n.valid_until >= CURRENT_DATE))
UNION ALL
SELECT 'earlier_alarms', a.equipment_id, count(*)::float, max(a.id), NULL, '', '', false
FROM alarm a JOIN suspects USING (equipment_id)
WHERE a.site_id = :site AND a.group_id <> :group_id AND a.raised_at > now() - interval '30 days'
GROUP BY a.equipment_id
UNION ALL
SELECT 'rectification_open', r.equipment_id, extract(epoch FROM now() - r.created_at)::float / 86400, r.id, r.owner_id,
       r.title, '', false
FROM rectification r JOIN suspects USING (equipment_id)
WHERE r.site_id = :site AND r.state NOT IN ('verified', 'cancelled')
"""


@system_query("the worker gathers evidence for every site's traces")
async def records_about(
    session: AsyncSession, site_id: int, equipment_ids: list[int], group_id: int
) -> list[RecordEvidence]:
    """Records about these pieces of equipment, and about the people who hold their owner posts."""
    rows = await session.execute(text(_RECORDS), {"site": site_id, "equipment": equipment_ids, "group_id": group_id})
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
