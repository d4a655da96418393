"""A job in the table is done once: with the bell, without it, and when its worker dies."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.core import jobs
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import MAX_ATTEMPTS, JobContext, due_jobs, enqueue, run_job, scheduled_jobs
from tests.factories import make_site


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def queue(database: Database, kind: str = "test.name", **options: str) -> int | None:
    async with database.session() as session:
        return await enqueue(session, kind, {"name": "甲"}, **options)


async def status_of(database: Database, job_id: int | None) -> tuple[str, int]:
    async with database.session() as session:
        row = (await session.execute(text("SELECT status, attempts FROM job WHERE id = :id"), {"id": job_id})).one()
        return row.status, row.attempts


async def test_a_job_runs_once_though_many_workers_hear_of_it(database: Database) -> None:
    runs: list[str] = []

    async def handler(context: JobContext) -> None:
        runs.append(context.payload["name"])
        await asyncio.sleep(0.05)

    job_id = await queue(database)
    assert job_id is not None
    taken = await asyncio.gather(*(run_job(database, {"test.name": handler}, job_id) for _ in range(8)))
    assert (runs, sum(taken)) == (["甲"], 1)
    assert await status_of(database, job_id) == ("done", 1)


async def test_a_failed_job_leaves_nothing_behind_and_is_tried_again(database: Database) -> None:
    async def handler(context: JobContext) -> None:
        await make_site(context.session, code=f"half-done-{context.attempt}")
        if context.attempt == 1:
            raise RuntimeError("broken")

    job_id = await queue(database)
    assert job_id is not None
    await run_job(database, {"test.name": handler}, job_id)
    assert await status_of(database, job_id) == ("queued", 1)
    async with database.session() as session:
        await session.execute(text("UPDATE job SET due_at = now() WHERE id = :id"), {"id": job_id})
    await run_job(database, {"test.name": handler}, job_id)
    assert await status_of(database, job_id) == ("done", 2)
    async with database.session() as session:
        codes = await session.execute(text("SELECT code FROM site WHERE code LIKE 'half-done-%'"))
        assert list(codes.scalars()) == ["half-done-2"]


async def test_a_job_that_always_fails_ends_on_the_dead_list(database: Database) -> None:
    async def handler(_context: JobContext) -> None:
        raise RuntimeError("never")

    job_id = await queue(database)
    assert job_id is not None
    for _ in range(MAX_ATTEMPTS):
        async with database.session() as session:
            await session.execute(text("UPDATE job SET due_at = now() WHERE id = :id"), {"id": job_id})
        await run_job(database, {"test.name": handler}, job_id)
    assert await status_of(database, job_id) == ("dead", MAX_ATTEMPTS)


async def test_a_job_whose_worker_died_is_taken_up_after_its_lease(database: Database) -> None:
    runs: list[int] = []

    async def handler(context: JobContext) -> None:
        runs.append(context.attempt)

    job_id = await queue(database)
    assert job_id is not None
    async with database.session() as session:
        await session.execute(
            text(
                "UPDATE job SET status = 'running', attempts = 1, lease_until = now() + interval '1 minute' "
                "WHERE id = :id"
            ),
            {"id": job_id},
        )
    assert not await run_job(database, {"test.name": handler}, job_id)
    async with database.session() as session:
        await session.execute(
            text("UPDATE job SET lease_until = now() - interval '1 s' WHERE id = :id"), {"id": job_id}
        )
        assert job_id in await due_jobs(session)
    assert await run_job(database, {"test.name": handler}, job_id)
    assert runs == [2]


async def test_a_second_of_the_same_is_not_queued_while_one_waits(database: Database) -> None:
    first = await queue(database, dedupe_key="group-1")
    second = await queue(database, dedupe_key="group-1")
    assert first is not None
    assert second is None


async def test_young_jobs_are_left_to_the_bell(database: Database) -> None:
    job_id = await queue(database)
    async with database.session() as session:
        assert job_id not in await due_jobs(session, older_than=timedelta(seconds=30))


async def test_a_job_that_another_worker_took_up_meanwhile_leaves_nothing_of_the_first(database: Database) -> None:
    job_id = await queue(database)
    assert job_id is not None

    async def handler(context: JobContext) -> None:
        await make_site(context.session, code=f"taken-up-{context.attempt}")
        if context.attempt == 1:
            async with database.session() as session:
                await session.execute(text("UPDATE job SET lease_until = now() - interval '1 s'"))
            await run_job(database, {"test.name": handler}, context.job_id)

    await run_job(database, {"test.name": handler}, job_id)
    assert await status_of(database, job_id) == ("done", 2)
    async with database.session() as session:
        codes = await session.execute(text("SELECT code FROM site WHERE code LIKE 'taken-up-%'"))
        assert list(codes.scalars()) == ["taken-up-2"]


async def test_a_living_worker_keeps_its_lease(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RENEW_EVERY_S", 0.01)
    left: list[float] = []

    async def handler(context: JobContext) -> None:
        for _ in range(2):
            async with database.session() as session:
                await session.execute(
                    text("UPDATE job SET lease_until = now() - interval '1 s' WHERE id = :id"), {"id": context.job_id}
                )
            async with asyncio.timeout(5):
                while context.job_id in await _overdue(database):  # noqa: ASYNC110 - a row is watched
                    await asyncio.sleep(0.01)
        left.append(context.attempt)

    job_id = await queue(database)
    assert job_id is not None
    await run_job(database, {"test.name": handler}, job_id)
    assert (left, await status_of(database, job_id)) == ([1], ("done", 1))


async def _overdue(database: Database) -> list[int]:
    async with database.session() as session:
        return await due_jobs(session)


async def test_what_was_put_off_is_found_at_its_moment_and_nothing_else(database: Database) -> None:
    async with database.session() as session:
        at_once = await enqueue(session, "test.at-once")
        soon = await enqueue(session, "test.soon", due_at=now() + timedelta(seconds=1.3))
        late = await enqueue(session, "test.late", due_at=now() + timedelta(hours=1))
        assert not {at_once, soon, late} & set(await scheduled_jobs(session))
    await asyncio.sleep(1.4)
    async with database.session() as session:
        assert {at_once, soon, late} & set(await scheduled_jobs(session)) == {soon}
