"""What people do with versions: go back to one, let it learn what waits, try one on history."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.tracing.models import Trace
from backend.tracing.versions import making
from backend.tracing.versions.models import (
    REPLAY_JOB,
    Because,
    ReplayState,
    TraceCase,
    TraceLearning,
    TraceModel,
    TraceReplay,
)
from backend.tracing.versions.queries import trials_at_work, waiting_cases

LONGEST_PERIOD = timedelta(days=366)
MOST_TRIED = 500
"""Traces of one trial, the latest of the period."""


async def activate_version(session: AsyncSession, actor: Actor, model_id: int) -> TraceModel:
    """Let traces be made with this version from now on; going back and forth is always possible.

    Raises NotFound for another site's version, Conflict for the one in use.
    """
    require(actor, "trace_models.edit")
    await making.alone(session, actor.site_id)
    wanted = await get_visible(session, actor, TraceModel, model_id, lock=True)
    if wanted.active:
        raise Conflict(N_("这一版正在使用"))
    before = await making.current_version(session, actor)
    await making.activate(session, actor, before, wanted, action="trace_model.activate", kind="trace_model.activated")
    return wanted


async def learn_waiting(session: AsyncSession, actor: Actor) -> TraceModel:
    """Learn from every confirmed case that the active version doesn't know. Raises Conflict when none waits."""
    require(actor, "trace_models.edit")
    await making.alone(session, actor.site_id)
    model = await making.current_version(session, actor)
    waiting = await waiting_cases(session, actor, model)
    if not waiting:
        raise Conflict(N_("没有等待学习的案例"))
    kept = await _current(session, actor, model.content.get("cases", []))
    return await making.make_version(session, actor, [*kept, *(case.id for case in waiting)], because=Because.GATHERED)


async def _current(session: AsyncSession, actor: Actor, ids: list[int]) -> list[int]:
    """Of these cases those that weren't corrected since."""
    wanted = select(col(TraceCase.id)).where(
        visible(actor, TraceCase), col(TraceCase.id).in_(ids), col(TraceCase.current)
    )
    return list((await session.scalars(wanted.order_by(col(TraceCase.id)))).all())


async def set_learning(session: AsyncSession, actor: Actor, *, at_once: bool) -> None:
    """Whether each confirmation makes a version at once, or waits until somebody lets the model learn it."""
    require(actor, "trace_models.edit")
    wanted = select(TraceLearning).where(visible(actor, TraceLearning)).with_for_update()
    chosen = (await session.execute(wanted)).scalar_one_or_none() or TraceLearning(site_id=actor.site_id)
    before = chosen.at_once
    if chosen.id is not None and before == at_once:
        return
    chosen.at_once = at_once
    session.add(chosen)
    await session.flush()
    await record_change(
        session, actor, "trace_model.set_learning", "trace_learning", chosen.id, {"at_once": [before, at_once]}
    )


async def ask_replay(
    session: AsyncSession,
    actor: Actor,
    model_id: int,
    *,
    from_at: datetime,
    to_at: datetime,
    against: int | None = None,
) -> TraceReplay:
    """Try a version on the confirmed traces of a period beside another (the one it was made from); a worker does it.

    Raises NotFound for another site's version, Invalid for a period without confirmed traces or of over a year or a
    version to compare with that isn't there, Conflict while another trial runs.
    """
    require(actor, "trace_models.edit")
    model = await get_visible(session, actor, TraceModel, model_id)
    if not from_at < to_at or to_at - from_at > LONGEST_PERIOD:
        raise Invalid(fields={"from_day": N_("请选择不超过一年的时间段")})
    await making.alone(session, actor.site_id)
    await _no_other_trial(session, actor)
    other = await _compared_with(session, actor, model, against)
    trace_ids = await _confirmed_traces(session, actor, from_at, to_at)
    if not trace_ids:
        raise Invalid(fields={"from_day": N_("这段时间没有已确认根源的溯源")})
    replay = TraceReplay(
        site_id=actor.site_id,
        version=model.version,
        against=other,
        from_at=from_at,
        to_at=to_at,
        trace_ids=trace_ids,
        asked_by=actor.person_id,
    )
    session.add(replay)
    await session.flush()
    await record_change(session, actor, "trace_model.replay", "trace_model", model.id, {"traces": len(trace_ids)})
    await enqueue(session, REPLAY_JOB, {"replay_id": replay.id}, site_id=actor.site_id, dedupe_key=f"{replay.id}:0")
    return replay


async def _no_other_trial(session: AsyncSession, actor: Actor) -> None:
    """Raise Conflict while a trial runs; one whose job failed for good is over."""
    wanted = select(TraceReplay).where(visible(actor, TraceReplay), col(TraceReplay.state) == ReplayState.RUNNING)
    at_work = await trials_at_work(session, actor)
    for replay in (await session.scalars(wanted.with_for_update())).all():
        if replay.id in at_work:
            raise Conflict(N_("已有一次回放正在进行"))
        replay.state = ReplayState.BROKEN
        session.add(replay)


async def _compared_with(session: AsyncSession, actor: Actor, model: TraceModel, against: int | None) -> int:
    wanted = model.base_version or 0 if against is None else against
    known = select(col(TraceModel.id)).where(visible(actor, TraceModel), col(TraceModel.version) == wanted)
    if wanted == model.version or (await session.execute(known)).first() is None:
        raise Invalid(fields={"against": N_("请选择另一版来对照")})
    return wanted


async def _confirmed_traces(session: AsyncSession, actor: Actor, from_at: datetime, to_at: datetime) -> list[int]:
    """Traces of the period whose confirmed root is a node, the latest first."""
    tried = (
        select(col(TraceCase.trace_id))
        .join(Trace, col(Trace.id) == col(TraceCase.trace_id))
        .where(
            visible(actor, TraceCase),
            col(TraceCase.current),
            col(TraceCase.node) != "",
            col(Trace.window_to) >= from_at,
            col(Trace.window_to) < to_at,
        )
        .order_by(col(TraceCase.id).desc())
        .limit(MOST_TRIED)
    )
    return list((await session.scalars(tried)).all())
