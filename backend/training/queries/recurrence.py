"""How often what a course's rules are about happened, before and after each team and post passed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.training.effect import Effect, effect, passing_day

_UNITS = """
SELECT u.kind, u.id, u.name, u.name_en, count(*) AS people,
    array_agg(pass.first_at) FILTER (WHERE pass.first_at IS NOT NULL) AS passes
FROM (
    SELECT 'team' AS kind, t.id, t.name, t.name_en, p.id AS person_id
    FROM team t JOIN person p ON p.team_id = t.id AND p.site_id = t.site_id AND p.active AND p.role = 'worker'
    WHERE t.site_id = :site
    UNION ALL
    SELECT 'post', o.id, o.name, o.name_en, h.person_id
    FROM post o JOIN post_holder h ON h.post_id = o.id AND h.until IS NULL
    JOIN person p ON p.id = h.person_id AND p.active
    WHERE o.site_id = :site
) u
LEFT JOIN LATERAL (
    SELECT min(q.passed_at) AS first_at FROM quiz_attempt q
    WHERE q.site_id = :site AND q.course_id = :course AND q.person_id = u.person_id
) pass ON true
GROUP BY u.kind, u.id, u.name, u.name_en
HAVING count(pass.first_at) > 0
ORDER BY u.kind DESC, u.name
"""
_CASES = """
SELECT c.at, e.owner_post_id AS post, a.team_id AS team
FROM (
    SELECT created_at AS at, equipment_id, title || ' ' || cause AS words FROM rectification
    WHERE site_id = :site AND alarm_id IS NULL AND state <> 'cancelled'
    UNION ALL
    SELECT raised_at, equipment_id, title FROM alarm WHERE site_id = :site AND judgement <> 'false'
) c
JOIN equipment e ON e.id = c.equipment_id AND e.site_id = :site
LEFT JOIN area a ON a.id = e.area_id
WHERE EXISTS (
    SELECT 1 FROM training_cause_rule r WHERE r.site_id = :site AND r.course_id = :course
    AND (r.equipment_id IS NULL OR r.equipment_id = e.id)
    AND (r.equipment_class = '' OR r.equipment_class = e.equipment_class)
    AND (r.word = '' OR strpos(lower(c.words), lower(r.word)) > 0)
)
"""
"""Rectifications that came from an alarm are that alarm: counted once."""


@dataclass(frozen=True)
class UnitEffect:
    """A team or post: how many of its people have passed, and what came of it; None while fewer than half have."""

    kind: str
    name: str
    name_en: str
    people: int
    passed: int
    effect: Effect | None


async def recurrence(session: AsyncSession, actor: Actor, course_id: int) -> list[UnitEffect]:
    """Each team and post of which somebody passed the course, with the cases at the equipment they answer for."""
    values = {"site": actor.site_id, "course": course_id}
    cases = list((await session.execute(text(_CASES), values)).mappings())
    units = (await session.execute(text(_UNITS), values)).mappings()
    return [_compare(unit, cases, now()) for unit in units]


def _compare(unit: RowMapping, cases: Sequence[RowMapping], at: datetime) -> UnitEffect:
    since = passing_day(unit["passes"], unit["people"])
    own = [one["at"] for one in cases if one[unit["kind"]] == unit["id"]]
    return UnitEffect(
        kind=unit["kind"],
        name=unit["name"],
        name_en=unit["name_en"],
        people=unit["people"],
        passed=len(unit["passes"]),
        effect=effect(own, since, at) if since else None,
    )
