"""A flood of alarms makes few revisions of its trace, the last of which has seen every alarm."""

import itertools
import time
from datetime import timedelta

from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.commands import raise_alarm
from backend.alarms.commands.making import Occurrence
from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import Job, run_job
from backend.tracing.following import follow_alarms
from backend.tracing.models import TRACE_JOB, Trace
from tests.tracing.conftest import Troubled, made_trace, trouble
from workers.handlers import HANDLERS

_STORED = {
    "alarm": ("raised_at", "last_raised_at"),
    "alarm_group": ("last_raised_at",),
    "trace": ("made_at", "window_to"),
    "job": ("due_at",),
}


async def join(database: Database, found: Troubled, number: int, level: Level = Level.SIGNIFICANT) -> None:
    point = found.points["XMEAS_9" if level != Level.MAJOR else "XMEAS_8"]
    async with database.session() as session:
        await raise_alarm(
            session,
            Occurrence(
                site_id=found.site.id,
                condition_key=f"flood:{number}",
                kind=RuleKind.THRESHOLD,
                level=level,
                title="反应器温度 高报",
                title_en="Reactor temperature high",
                point_id=point.id,
                equipment_id=found.equipment["REACTOR"].id,
                area_id=point.area_id,
                reading_at=now(),
            ),
        )


async def passes(database: Database, found: Troubled, seconds: float) -> None:
    """Time goes on: all that was stored lies further back."""
    async with database.session() as session:
        for table, columns in _STORED.items():
            earlier = ", ".join(f"{name} = {name} - CAST(:by AS interval)" for name in columns)
            statement = text(f"UPDATE {table} SET {earlier} WHERE site_id = :site")
            await session.execute(statement, {"by": timedelta(seconds=seconds), "site": found.site.id})


async def work(database: Database, found: Troubled) -> bool:
    """Do what is due; whether anything still waits."""
    wanted = select(Job).where(col(Job.kind) == TRACE_JOB, col(Job.site_id) == found.site.id)
    async with database.session() as session:
        jobs = list(await session.scalars(wanted.where(col(Job.status) == "queued").order_by(col(Job.due_at))))
    for job in jobs:
        await run_job(database, HANDLERS, job.id)
    async with database.session() as session:
        return bool(list(await session.scalars(wanted.where(col(Job.status) == "queued"))))


async def trace_of(database: Database, found: Troubled) -> Trace:
    async with database.session() as session:
        return (await session.scalars(select(Trace).where(col(Trace.group_id) == found.group_id))).one()


async def test_thirty_alarms_in_two_minutes_make_a_few_revisions_and_the_last_has_seen_all(database: Database) -> None:
    found = await trouble(database)
    await work(database, found)
    assert (await trace_of(database, found)).revision == 1, "the first answer is given at once"
    began, looked_s = time.monotonic(), 0.0
    between: dict[int, tuple[float, float]] = {}
    for number in range(1, 30):
        await passes(database, found, 4)
        await join(database, found, number)
        asks_s = number * 4 + time.monotonic() - began
        await work(database, found)
        done_s = number * 4 + time.monotonic() - began  # what this machine takes passes too
        between.setdefault((await trace_of(database, found)).revision, (looked_s, done_s))
        looked_s = asks_s
    (_, second), (_, third) = list(between.items())[1:3]
    assert second[0] < 10 <= second[1] and third[0] < 60 <= third[1], "after ten seconds and a minute"
    for minutes in itertools.count(1):
        await passes(database, found, 60)
        if not await work(database, found):
            break
        assert minutes < 30, "it comes to rest"
    last = await trace_of(database, found)
    assert last.result["raises_seen"] == 30 and last.revision <= 7


async def test_what_was_put_off_is_done_by_another_worker_when_one_died(database: Database) -> None:
    found = await trouble(database)
    await work(database, found)
    await passes(database, found, 2)
    await join(database, found, 1)
    await work(database, found)
    assert (await trace_of(database, found)).result["raises_seen"] == 1
    await passes(database, found, 10)
    async with database.session() as session:
        await session.execute(
            text(
                "UPDATE job SET status = 'running', attempts = 1, lease_until = now() - interval '1 second' "
                "WHERE site_id = :site AND status = 'queued' AND dedupe_key = :key"
            ),
            {"site": found.site.id, "key": str(found.group_id)},
        )
        taken = select(col(Job.id)).where(col(Job.site_id) == found.site.id, col(Job.status) == "running")
        (job_id,) = await session.scalars(taken)
    assert await run_job(database, HANDLERS, job_id)
    assert (await trace_of(database, found)).result["raises_seen"] == 2


async def test_a_graver_alarm_and_one_after_a_quiet_time_are_looked_at_at_once(database: Database) -> None:
    found = await trouble(database)
    await work(database, found)
    await join(database, found, 1, Level.MAJOR)
    await work(database, found)
    graver = await trace_of(database, found)
    assert (graver.revision, graver.result["symptom"]) == (2, found.point_key("XMEAS_8"))
    await passes(database, found, 400)
    async with database.session() as session:
        await session.execute(text("DELETE FROM job WHERE site_id = :site"), {"site": found.site.id})
    async with database.session() as session:
        await session.execute(
            text("UPDATE alarm_group SET last_raised_at = now() WHERE id = :id"), {"id": found.group_id}
        )
    await join(database, found, 2)
    await work(database, found)
    assert (await trace_of(database, found)).result["raises_seen"] == 3


async def test_an_alarm_that_commits_while_its_trace_is_made_is_seen_by_the_next(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    await join(database, found, 1)
    async with database.session() as session:
        assert (await follow_alarms(session, found.group_id)).revision == trace.revision, "it is put off"
    async with database.session() as session:
        waits = select(Job).where(col(Job.dedupe_key) == str(found.group_id), col(Job.status) == "queued")
        assert [job.payload for job in await session.scalars(waits)] == [{"group_id": found.group_id}]
