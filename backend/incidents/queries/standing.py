"""What decides whether something is a new incident: those that are open, and the site's rules. System role."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Level
from backend.identity.permissions import system_query
from backend.incidents.models import IncidentPolicy
from backend.incidents.outbreaks import Live
from backend.incidents.policy import Policy

SITE_LOCK = 7295
"""Advisory lock (this, site) of whoever opens an incident at a site or adds to one: what comes together finds it."""

_LIVE = """
SELECT i.id, i.state, i.equipment_id, i.area_id, i.group_id, i.last_source_at,
    ARRAY(SELECT s.source_id FROM incident_source s WHERE s.incident_id = i.id AND s.kind = 'group') AS groups
FROM incident i WHERE i.site_id = :site AND i.state IN ('open', 'contained') ORDER BY i.id
"""


@system_query("whatever opens an incident waits for whatever else does at the site")
async def hold_site(session: AsyncSession, site_id: int) -> None:
    """Until the transaction ends, nobody else opens an incident at this site or adds to one."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(:lock, CAST(:site AS int))"), {"lock": SITE_LOCK, "site": site_id}
    )


@system_query("what is open decides what joins, also for who may not see it")
async def live_incidents(session: AsyncSession, site_id: int) -> list[Live]:
    """Incidents of the site that aren't over, with their floods."""
    rows = await session.execute(text(_LIVE), {"site": site_id})
    return [
        Live(
            row.id,
            row.state,
            row.equipment_id,
            row.area_id,
            frozenset([*row.groups, *([row.group_id] if row.group_id else [])]),
            row.last_source_at,
        )
        for row in rows
    ]


@system_query("the worker opens incidents of every site by its own rules")
async def policy_of_site(session: AsyncSession, site_id: int) -> Policy:
    """The newest version of the site's rules, or the usual ones."""
    row = await session.scalar(
        select(IncidentPolicy)
        .where(col(IncidentPolicy.site_id) == site_id)
        .order_by(col(IncidentPolicy.version).desc())
        .limit(1)
    )
    return policy_from(row)


def policy_from(row: IncidentPolicy | None) -> Policy:
    """A row as the rules read it; None: the usual ones."""
    if row is None:
        return Policy()
    level = Level(row.alarm_level) if row.alarm_level else None
    return Policy(row.version, level, row.flood_alarms, row.flood_minutes, row.major_hazards, row.join_minutes)
