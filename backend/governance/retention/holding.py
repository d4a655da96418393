"""What holds data back: whatever is open and would be judged by it. One statement, for the dry run and the deletion."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.expiring import Expiring
from backend.governance.retention.planning import Hold
from backend.identity.permissions import system_query

HOLDING = """
SELECT 'incident' AS why, i.id, i.number, i.began_at - interval '1 day' AS starts, 'infinity'::timestamptz AS ends
FROM incident i WHERE i.site_id = :site AND i.state IN ('open', 'contained')
UNION ALL
SELECT 'review', i.id, i.number, i.began_at - interval '1 day', COALESCE(i.closed_at + interval '1 day', 'infinity')
FROM incident_meeting m JOIN incident i ON i.id = m.incident_id
WHERE m.site_id = :site AND m.state IN ('convened', 'opened')
UNION ALL
SELECT 'rectification', r.id, r.number, r.created_at - interval '1 day', r.created_at + interval '1 day'
FROM rectification r WHERE r.site_id = :site AND r.state NOT IN ('verified', 'cancelled')
UNION ALL
SELECT 'trace', t.id, '#' || t.id, t.window_from - interval '1 day', t.window_to + interval '1 day'
FROM trace t WHERE t.site_id = :site AND (
    EXISTS (SELECT FROM alarm a WHERE a.site_id = :site AND a.group_id = t.group_id AND a.state <> 'closed')
    OR EXISTS (SELECT FROM trace_check c WHERE c.trace_id = t.id AND c.answered_at IS NULL)
    OR EXISTS (SELECT FROM incident i WHERE i.group_id = t.group_id AND i.state IN ('open', 'contained')))
UNION ALL
SELECT 'appeal', p.id, to_char(p.month, 'YYYY-MM'), p.month::timestamp AT TIME ZONE 'UTC' - interval '1 day',
       (p.month + interval '1 month')::timestamp AT TIME ZONE 'UTC' + interval '1 day'
FROM duty_appeal p WHERE p.site_id = :site AND p.state = 'open'
"""
"""Rows (why, id, number, starts, ends) of the site ``:site``: evidence is needed with a day around it."""


def held(at: str) -> str:
    """SQL: whether something of the CTE ``hold`` needs the moment ``at``."""
    return f"EXISTS (SELECT FROM hold h WHERE {at} >= h.starts AND {at} < h.ends)"


CTE_OF_HOLDS = f"WITH hold AS MATERIALIZED (SELECT * FROM ({HOLDING}) AS any_hold WHERE why = ANY(:whys))"  # noqa: S608


def aged(expiring: Expiring) -> str:
    """SQL: rows ``t`` of the site ``:site`` older than ``:before``, whether something open needs them or not."""
    return f"t.site_id = :site AND {expiring.at} < CAST(:before AS timestamptz) AND {expiring.also}"


@system_query("one site's at a time, named by whoever asks: the nightly round for each, a page for its actor's")
async def holds_of(session: AsyncSession, site_id: int, whys: tuple[str, ...]) -> list[Hold]:
    """What holds data of the site back now, of the sorts ``whys``; the oldest first."""
    rows = await session.execute(
        text(
            f"SELECT why, id, number, starts, NULLIF(ends, 'infinity') AS ends FROM ({HOLDING}) AS hold"  # noqa: S608
            " WHERE why = ANY(:whys) ORDER BY starts, why, id"
        ),
        {"site": site_id, "whys": list(whys)},
    )
    return [Hold(*row) for row in rows]
