"""Deletes positions whose time is over. Worker role, all sites."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.audit import record_change_by_system
from backend.identity.permissions import system_query
from backend.incidents.positions.models import Erased, PositionErasure
from backend.incidents.positions.rule import USUAL_DAYS

_ERASE = """
WITH gone AS (
    DELETE FROM incident_position p USING incident i
    WHERE i.id = p.incident_id AND COALESCE(i.closed_at, p.at) + make_interval(days => COALESCE(
        (SELECT keep_days FROM incident_position_rule r WHERE r.site_id = p.site_id ORDER BY version DESC LIMIT 1),
        :usual)) < CAST(:now AS timestamptz)
    RETURNING p.site_id, p.incident_id, p.person_id
)
SELECT site_id, incident_id, count(*), count(DISTINCT person_id) FROM gone GROUP BY 1, 2 ORDER BY 1, 2
"""


@system_query("the worker keeps every site's promise to its people")
async def forget_incident_positions(session: AsyncSession, moment: datetime | None = None) -> int:
    """Delete what is older than its site keeps it, counted from the incident's end; gives how many.

    Of an incident that nobody ends each position's own age counts. Deleting and saying so are one transaction: what
    dies midway has deleted nothing.
    """
    rows = (await session.execute(text(_ERASE), {"now": moment or now(), "usual": USUAL_DAYS})).all()
    for site_id, incident_id, positions, people in rows:
        session.add(
            PositionErasure(
                site_id=site_id, incident_id=incident_id, why=Erased.IN_TIME, positions=positions, people=people
            )
        )
        change = {"positions": [positions, 0]}
        await record_change_by_system(session, site_id, "incident.positions_erased", "incident", incident_id, change)
    return sum(row[2] for row in rows)
