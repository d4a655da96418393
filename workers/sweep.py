"""Finds jobs whose bell was not heard, and does them here: no job is ever lost with Redis."""

from datetime import timedelta

from sqlalchemy import text

from backend.core.database import Database
from backend.core.jobs import Handler, due_jobs, run_job, scheduled_jobs

GRACE = timedelta(seconds=3)
"""Younger jobs are left to the bell."""
KEEP_DONE = timedelta(days=7)


async def sweep(database: Database, handlers: dict[str, Handler]) -> int:
    """Do jobs that wait longer than the grace, or whose worker died; forget old done ones. Gives how many it did."""
    async with database.session() as session:
        waiting = await due_jobs(session, older_than=GRACE)
        await session.execute(
            text("DELETE FROM job WHERE status = 'done' AND finished_at < now() - CAST(:keep AS interval)"),
            {"keep": KEEP_DONE},
        )
    done = [await run_job(database, handlers, job_id) for job_id in waiting]
    return sum(done)


async def do_scheduled(database: Database, handlers: dict[str, Handler]) -> int:
    """Do jobs whose moment has come, in time: a trace is refined after ten seconds, not after the next sweep."""
    async with database.session() as session:
        due = await scheduled_jobs(session)
    done = [await run_job(database, handlers, job_id) for job_id in due]
    return sum(done)
