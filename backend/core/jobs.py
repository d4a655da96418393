"""Background work. The table is the truth; arq only rings so that a worker looks at once.

A job's effects and its ``done`` mark commit together, so it happens once even when its worker dies.
Handlers are registered by name in ``workers``; ``backend`` enqueues by that name.
"""

import asyncio
import contextlib
import enum
import json
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from backend.core.clock import now
from backend.core.database import Database, after_commit
from backend.core.tables import document, identity_key, moment, reference

log = structlog.get_logger()

MAX_ATTEMPTS = 6
LEASE = timedelta(seconds=20)
"""So long after its worker's death a job is taken up again; a worker that lives renews it."""
RENEW_EVERY_S = 5.0


class JobStatus(enum.StrEnum):
    """Where a job stands. ``dead`` waits for a person."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class Job(SQLModel, table=True):
    """One piece of work. ``dedupe_key`` keeps a second of the same from being queued while one waits."""

    __tablename__ = "job"
    __table_args__ = (
        Index("job_due", "due_at", postgresql_where=text("status IN ('queued', 'running')")),
        Index(
            "job_dedupe",
            "kind",
            "dedupe_key",
            unique=True,
            postgresql_where=text("status = 'queued' AND dedupe_key <> ''"),
        ),
    )

    id: int = identity_key()
    site_id: int | None = reference("site.id", nullable=True)
    kind: str
    payload: dict[str, Any] = document()
    dedupe_key: str = ""
    status: str = JobStatus.QUEUED
    due_at: datetime = moment(now=True)
    lease_until: datetime | None = moment(nullable=True)
    attempts: int = 0
    error: str = ""
    created_at: datetime = moment(now=True)
    finished_at: datetime | None = moment(nullable=True)


class Doorbell(Protocol):
    """Tells a worker that jobs wait. It may fail: the sweep finds them."""

    def ring(self, job_ids: list[int]) -> None:
        """Tell of ``job_ids`` without waiting or raising."""


class SilentDoorbell:
    """No bell at all: the sweep alone finds jobs."""

    def ring(self, job_ids: list[int]) -> None:
        """Do nothing."""


_doorbell: Doorbell = SilentDoorbell()


def hang_doorbell(doorbell: Doorbell) -> None:
    """Set this process's bell."""
    global _doorbell  # noqa: PLW0603 - one bell a process, hung at its start
    _doorbell = doorbell


async def enqueue(
    session: AsyncSession,
    kind: str,
    payload: dict[str, Any] | None = None,
    *,
    site_id: int | None = None,
    dedupe_key: str = "",
    due_at: datetime | None = None,
) -> int | None:
    """Queue work in ``session``'s transaction; the bell rings when it commits. None if one already waits.

    With ``due_at`` one that already waits is done at the sooner of the two moments.
    """
    job_id = (
        await session.execute(
            text(
                "INSERT INTO job(site_id, kind, payload, dedupe_key, status, due_at, attempts, error) "
                "VALUES (:site_id, :kind, CAST(:payload AS jsonb), :dedupe_key, 'queued', "
                "COALESCE(:due_at, now()), 0, '') ON CONFLICT (kind, dedupe_key) "
                "WHERE status = 'queued' AND dedupe_key <> '' "
                "DO UPDATE SET due_at = LEAST(job.due_at, EXCLUDED.due_at) "
                "WHERE CAST(:due_at AS timestamptz) IS NOT NULL RETURNING id"
            ),
            {
                "site_id": site_id,
                "kind": kind,
                "payload": json.dumps(payload or {}, ensure_ascii=False),
                "dedupe_key": dedupe_key,
                "due_at": due_at,
            },
        )
    ).scalar_one_or_none()
    if due_at is None:
        ring_when_committed(session, job_id)
    return job_id


def ring_when_committed(session: AsyncSession, job_id: int | None) -> None:
    """Tell a worker of a job queued in ``session``'s transaction, once it has committed."""
    if job_id is not None:
        after_commit(session, lambda: ring(job_id))


def ring(job_id: int) -> None:
    """Tell a worker of a job that is committed."""
    _doorbell.ring([job_id])


@dataclass(frozen=True)
class JobContext:
    """What a handler gets: the session whose commit also marks the job done, and the job's own data."""

    session: AsyncSession
    database: Database
    job_id: int
    site_id: int | None
    payload: dict[str, Any]
    attempt: int


Handler = Callable[[JobContext], Awaitable[None]]

_LEASE = """
UPDATE job SET status = 'running', lease_until = now() + CAST(:lease AS interval), attempts = attempts + 1
WHERE id = :id AND ((status = 'queued' AND due_at <= now()) OR (status = 'running' AND lease_until < now()))
RETURNING id, site_id, kind, payload, attempts
"""
_RENEW = """
UPDATE job SET lease_until = now() + CAST(:lease AS interval)
WHERE id = :id AND status = 'running' AND attempts = :attempt
"""
_DONE = """
UPDATE job SET status = 'done', finished_at = now(), lease_until = NULL
WHERE id = :id AND status = 'running' AND attempts = :attempt RETURNING id
"""


class LeaseLost(Exception):
    """Somebody else took the job up meanwhile: what was done for it here is undone."""


async def run_job(database: Database, handlers: dict[str, Handler], job_id: int) -> bool:
    """Take and do one job. False when it isn't due, is done, or another worker holds it."""
    async with database.session() as session:
        row = (await session.execute(text(_LEASE), {"id": job_id, "lease": LEASE})).mappings().one_or_none()
    if row is None:
        return False
    renewing = asyncio.create_task(_renew(database, job_id, row["attempts"]))
    try:
        async with database.session() as session:
            context = JobContext(session, database, row["id"], row["site_id"], row["payload"], row["attempts"])
            await handlers[row["kind"]](context)
            done = await session.execute(text(_DONE), {"id": job_id, "attempt": row["attempts"]})
            if done.first() is None:
                raise LeaseLost
    except LeaseLost:
        log.warning("job.lease_lost", job_id=job_id, kind=row["kind"], attempt=row["attempts"])
    except Exception as error:
        log.exception("job.failed", job_id=job_id, kind=row["kind"], attempt=row["attempts"])
        await _retry_or_bury(database, job_id, row["attempts"], error)
    finally:
        renewing.cancel()
    return True


async def _renew(database: Database, job_id: int, attempt: int) -> None:
    """Hold the lease while the job is at work. A failed renewal is no failure of the job."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        with contextlib.suppress(Exception):
            async with database.session() as session:
                await session.execute(text(_RENEW), {"id": job_id, "attempt": attempt, "lease": LEASE})


async def _retry_or_bury(database: Database, job_id: int, attempts: int, error: Exception) -> None:
    status = JobStatus.DEAD if attempts >= MAX_ATTEMPTS else JobStatus.QUEUED
    async with database.session() as session:
        await session.execute(
            text(
                "UPDATE job SET status = :status, due_at = :due_at, lease_until = NULL, error = :error "
                "WHERE id = :id AND status = 'running' AND attempts = :attempts"
            ),
            {
                "id": job_id,
                "attempts": attempts,
                "status": status,
                "due_at": now() + retry_delay(attempts),
                "error": "".join(traceback.format_exception_only(error))[-2000:],
            },
        )


def retry_delay(attempts: int) -> timedelta:
    """How long a job that failed ``attempts`` times rests: 1, 4, 16, 64 … seconds, at most 10 minutes."""
    return timedelta(seconds=min(4 ** max(attempts - 1, 0), 600))


async def due_jobs(session: AsyncSession, *, older_than: timedelta = timedelta(0), most: int = 100) -> list[int]:
    """Ids of jobs that should run now: due ones nobody took, and ones whose worker died."""
    found = await session.execute(
        text(
            "SELECT id FROM job WHERE (status = 'queued' AND due_at <= now() - CAST(:older_than AS interval)) "
            "OR (status = 'running' AND lease_until < now()) ORDER BY due_at LIMIT :most"
        ),
        {"older_than": older_than, "most": most},
    )
    return list(found.scalars())


async def scheduled_jobs(session: AsyncSession, *, most: int = 100) -> list[int]:
    """Ids of jobs that were put off until a moment that has come: nobody rang for them."""
    found = await session.execute(
        text(
            "SELECT id FROM job WHERE status = 'queued' AND due_at <= now() "
            "AND due_at > created_at + interval '1 second' ORDER BY due_at LIMIT :most"
        ),
        {"most": most},
    )
    return list(found.scalars())


async def dead_jobs(session: AsyncSession) -> int:
    """How many jobs failed for good and wait for a person."""
    found = await session.execute(text("SELECT count(*) FROM job WHERE status = 'dead'"))
    return int(found.scalar_one())
