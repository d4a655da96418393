"""Figures about the system itself, over all sites: for the doctor and Prometheus."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query


@dataclass(frozen=True)
class SystemState:
    """How the line stands at this moment. Ages and waits in seconds."""

    sites: int
    open_alarms: int
    waiting_jobs: int
    dead_jobs: int
    oldest_job_s: float
    untold_events: int
    late_escalations: int
    last_reading_age_s: float | None
    canary_age_s: float | None
    database_bytes: int
    clock_s: float
    """The database's clock, epoch seconds."""


_STATE = """
SELECT (SELECT count(*) FROM site) AS sites,
       (SELECT count(*) FROM alarm WHERE state <> 'closed') AS open_alarms,
       (SELECT count(*) FROM job WHERE status IN ('queued', 'running')) AS waiting_jobs,
       (SELECT count(*) FROM job WHERE status = 'dead') AS dead_jobs,
       (SELECT COALESCE(EXTRACT(epoch FROM now() - min(due_at)), 0) FROM job
        WHERE status = 'queued' AND due_at <= now())::float AS oldest_job_s,
       (SELECT count(*) FROM event WHERE txid >= COALESCE(
           (SELECT horizon FROM event_reader WHERE name = 'delivery'), 0)
        AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint) AS untold_events,
       (SELECT count(*) FROM escalation WHERE done_at IS NULL AND due_at < now() - interval '30 s') AS late_escalations,
       (SELECT EXTRACT(epoch FROM now() - max(received_at)) FROM point_state)::float AS last_reading_age_s,
       (SELECT EXTRACT(epoch FROM now() - max(s.received_at)) FROM point_state s
        JOIN point p ON p.id = s.point_id AND p.code = '_canary')::float AS canary_age_s,
       pg_database_size(current_database()) AS database_bytes,
       EXTRACT(epoch FROM clock_timestamp())::float AS clock_s
"""


@system_query("figures of the whole installation, without any row of a site")
async def system_state(session: AsyncSession) -> SystemState:
    """How all of it stands now. Raises the driver's error when the database is away or not migrated."""
    return SystemState(**(await session.execute(text(_STATE))).mappings().one())
