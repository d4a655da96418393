"""Keeps a partition of readings ready for the days to come, so that no ingest waits for one. What is old goes by
``governance.retention``."""

from datetime import timedelta

from backend.core.clock import now
from backend.core.database import Database
from backend.telemetry.partitions import ensure_partitions

DAYS_AHEAD = 3


async def keep_partitions(database: Database) -> None:
    """Make what is missing from yesterday to three days from now (UTC days)."""
    today = now().date()
    async with database.session() as session:
        await ensure_partitions(session, [today + timedelta(days=n) for n in range(-1, DAYS_AHEAD + 1)])
