"""Figures about the system itself, over all sites: for the doctor and Prometheus."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.telemetry.canary import CANARY_CODE


@dataclass(frozen=True)
class SystemState:
    """How the line stands at this moment. Ages and waits in seconds."""

    sites: int
    open_alarms: int
    waiting_jobs: int
    dead_jobs: int
    oldest_job_s: float
    untold_events: int
    """Committed events the delivery reader hasn't read yet."""
    oldest_untold_s: float
    late_escalations: int
    last_reading_age_s: float | None
    """Of readings from the plant: the canary, which comes every few seconds, doesn't count."""
    canary_age_s: float | None
    database_up_s: float
    """How long the database server runs: whoever has just been started has had no time to send anything."""
    database_bytes: int
    clock_s: float
    """The database's clock, epoch seconds."""


DURABLE = ["fsync", "full_page_writes", "synchronous_commit"]
"""What must be on in PostgreSQL so that a power cut takes nothing that was confirmed."""


@dataclass(frozen=True)
class Foundation:
    """The database server: its version, its durability settings, the revision of our tables (None: there are none)."""

    version: str
    durability: dict[str, str]
    revision: str | None


_STATE = """
WITH untold AS (
    SELECT at FROM event
    WHERE txid >= COALESCE((SELECT horizon FROM event_reader WHERE name = 'delivery'), 0)
      AND txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
), newest AS (
    SELECT max(s.received_at) FILTER (WHERE p.code <> :canary) AS reading,
           max(s.received_at) FILTER (WHERE p.code = :canary) AS canary
    FROM point_state s JOIN point p ON p.id = s.point_id
)
SELECT (SELECT count(*) FROM site) AS sites,
       (SELECT count(*) FROM alarm WHERE state <> 'closed') AS open_alarms,
       (SELECT count(*) FROM job WHERE status IN ('queued', 'running')) AS waiting_jobs,
       (SELECT count(*) FROM job WHERE status = 'dead') AS dead_jobs,
       (SELECT COALESCE(EXTRACT(epoch FROM now() - min(due_at)), 0) FROM job
        WHERE status = 'queued' AND due_at <= now())::float AS oldest_job_s,
       (SELECT count(*) FROM untold) AS untold_events,
       (SELECT COALESCE(EXTRACT(epoch FROM now() - min(at)), 0) FROM untold)::float AS oldest_untold_s,
       (SELECT count(*) FROM escalation WHERE done_at IS NULL AND due_at < now() - interval '30 s') AS late_escalations,
       (SELECT EXTRACT(epoch FROM now() - reading) FROM newest)::float AS last_reading_age_s,
       (SELECT EXTRACT(epoch FROM now() - canary) FROM newest)::float AS canary_age_s,
       EXTRACT(epoch FROM now() - pg_postmaster_start_time())::float AS database_up_s,
       pg_database_size(current_database()) AS database_bytes,
       EXTRACT(epoch FROM clock_timestamp())::float AS clock_s
"""


@system_query("figures of the whole installation, without any row of a site")
async def system_state(session: AsyncSession) -> SystemState:
    """How all of it stands now. Raises the driver's error when the database is away or not migrated."""
    return SystemState(**(await session.execute(text(_STATE), {"canary": CANARY_CODE})).mappings().one())


async def foundation(session: AsyncSession) -> Foundation:
    """The server itself; works on a database that has no tables of ours."""
    rows = await session.execute(
        text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), {"names": DURABLE}
    )
    version = (await session.execute(text("SHOW server_version"))).scalar_one()
    return Foundation(str(version).split()[0], {name: setting for name, setting in rows}, await _revision(session))


async def _revision(session: AsyncSession) -> str | None:
    if (await session.execute(text("SELECT to_regclass('alembic_version')"))).scalar_one() is None:
        return None
    found = await session.execute(text("SELECT string_agg(version_num, ', ') FROM alembic_version"))
    revision: str | None = found.scalar_one()
    return revision
