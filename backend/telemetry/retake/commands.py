"""Asking for a taking in: one at a time at each site, so that what two ask for is never taken twice."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, system_query
from backend.telemetry.retake.models import RETAKE_JOB, RetakeRun
from backend.telemetry.retake.queries import Wish, running, waiting


async def ask(session: AsyncSession, actor: Actor, wish: Wish) -> RetakeRun:
    """Have what ``wish`` is about taken in. One that is under way is gone on with instead, which also takes up again
    what a failed job left. Raises Conflict when nothing is held."""
    require(actor, "telemetry.retake")
    await _one_at_a_time(session, actor.site_id)
    run = await running(session, actor)
    if run is None:
        about = await waiting(session, actor, wish)
        if not about.messages:
            raise Conflict(N_("没有可以重新接收的消息，可能已由他人处理"))
        run = RetakeRun(
            site_id=actor.site_id,
            reason=wish.reason,
            code=wish.code,
            source=wish.source,
            mended=wish.mended,
            asked_by=actor.person_id,
            until_id=about.until_id,
            total=about.messages,
        )
        session.add(run)
        await session.flush()
        said = {name: ["", value] for name in ("reason", "code", "source") if (value := getattr(wish, name))}
        change = {**said, "messages": [0, about.messages], "values": [0, about.values]}
        await record_change(session, actor, "telemetry.retake", "retake_run", run.id, change)
    await enqueue(session, RETAKE_JOB, {"run_id": run.id}, site_id=actor.site_id, dedupe_key=str(run.id))
    return run


@system_query("a lock, no row of a site")
async def _one_at_a_time(session: AsyncSession, site_id: int) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('retake', :site))"), {"site": site_id})
