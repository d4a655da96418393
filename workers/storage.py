"""Keeps a partition of readings ready for the days to come, so that no ingest waits for one, and drops old days."""

from datetime import timedelta

import structlog

from backend.core.clock import now
from backend.core.database import Database
from backend.core.settings import settings
from backend.telemetry.partitions import drop_partitions, ensure_partitions

log = structlog.get_logger()

DAYS_AHEAD = 3


async def keep_partitions(database: Database) -> None:
    """Make what is missing from yesterday to three days from now (UTC days); drop what is kept no longer."""
    today = now().date()
    async with database.session() as session:
        await ensure_partitions(session, [today + timedelta(days=n) for n in range(-1, DAYS_AHEAD + 1)])
    if settings().keep_readings_days:
        async with database.session() as session:
            for day in await drop_partitions(session, keep_days=settings().keep_readings_days):
                log.info("readings.dropped", day=day.isoformat())
