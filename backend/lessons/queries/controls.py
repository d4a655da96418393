"""How often each control was tried and failed, over the last half year."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.lessons.weakness import Control, ControlKind, weakest

LOOK_BACK = timedelta(days=182)

_RULES = """
SELECT r.id, r.name, r.name_en, count(*), count(*) FILTER (WHERE a.judgement = 'false')
FROM alarm a JOIN alarm_rule r ON r.id = a.rule_id AND r.site_id = a.site_id
WHERE a.site_id = :site AND a.raised_at > :since AND a.judgement <> '' GROUP BY r.id
"""
_ROUNDS = """
SELECT p.id, p.name, p.name_en, count(*), count(*) FILTER (WHERE v.missed_at IS NOT NULL)
FROM inspection_visit v JOIN inspection_plan p ON p.id = v.plan_id AND p.site_id = v.site_id
WHERE v.site_id = :site AND v.closes_at BETWEEN :since AND now() GROUP BY p.id
"""
# OFFSET 0: the planner takes far more check-ins to match than do, and would read all visits of all years.
_LOOKS = """
SELECT p.id, p.name, p.name_en, count(*), count(*) FILTER (WHERE e.saw_nothing) FROM (
    SELECT w.ref, v.plan_id, bool_and(c.failed = 0) AS saw_nothing FROM (
        SELECT 'incident:' || id AS ref, equipment_id, began_at AS at FROM incident
        WHERE site_id = :site AND began_at > :since AND state <> 'called_off'
        UNION ALL SELECT 'report:' || id, equipment_id, created_at FROM hazard_report
        WHERE site_id = :site AND created_at > :since AND state = 'accepted' AND origin <> 'checkin'
    ) w
    JOIN check_in c ON c.site_id = :site AND c.equipment_id = w.equipment_id
        AND c.at BETWEEN w.at - interval '24 hours' AND w.at
    CROSS JOIN LATERAL (
        SELECT plan_id FROM inspection_visit WHERE id = c.visit_id AND site_id = :site OFFSET 0
    ) v GROUP BY w.ref, v.plan_id
) e JOIN inspection_plan p ON p.id = e.plan_id AND p.site_id = :site GROUP BY p.id
"""
_MEASURES = """
SELECT min(r.id), e.equipment_class, e.equipment_class, count(*),
    count(*) FILTER (WHERE r.id IN (
        SELECT recurs_id FROM rectification WHERE site_id = :site AND recurs_id IS NOT NULL))
FROM rectification r JOIN equipment e ON e.id = r.equipment_id AND e.site_id = r.site_id
WHERE r.site_id = :site AND r.state = 'verified' AND r.verified_at > :since AND e.equipment_class <> ''
GROUP BY e.equipment_class
"""
_ALL = {
    ControlKind.RULE: _RULES,
    ControlKind.ROUND: _ROUNDS,
    ControlKind.LOOK: _LOOKS,
    ControlKind.MEASURE: _MEASURES,
}


async def weak_controls(session: AsyncSession, actor: Actor) -> list[Control]:
    """The weakest controls of the actor's site, the weakest first."""
    values = {"site": actor.site_id, "since": now() - LOOK_BACK}
    found = []
    for kind, statement in _ALL.items():
        rows = await session.execute(text(statement), values)
        found += [Control(kind, *row) for row in rows]
    return weakest(found)
