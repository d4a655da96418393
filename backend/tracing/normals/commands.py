"""What people do: let a baseline be learned from a good time, try one on the past, put one in force or back."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.telemetry.models import LearnedNormal
from backend.telemetry.normals import alone, put_in_force
from backend.tracing.normals.models import NormalPiece, NormalWork, WorkKind, WorkState
from backend.tracing.normals.planning import plan_learning, plan_trial
from backend.tracing.normals.queries import at_work

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(days=92)


async def ask_learning(
    session: AsyncSession, actor: Actor, *, from_at: datetime, to_at: datetime, with_deviations: bool = False
) -> NormalWork:
    """Learn from the readings of a time without the alarms in it; a worker does it, and tries what came out.

    ``with_deviations``: times of early warnings are learned too. Raises Invalid for a time that is too short, too long,
    not past or without readings, Conflict while a worker learns or tries already.
    """
    require(actor, "normals.edit")
    _check_times(from_at, to_at)
    await _nothing_at_work(session, actor)
    work = NormalWork(
        site_id=actor.site_id,
        kind=WorkKind.LEARN,
        from_at=from_at,
        to_at=to_at,
        with_deviations=with_deviations,
        row_s=0.0,
        rows=0,
        asked_by=actor.person_id,
    )
    if not await plan_learning(session, work):
        raise Invalid(fields={"from_at": N_("这段时间没有读数，请换一段")})
    span = {"from": work.from_at.isoformat(), "to": work.to_at.isoformat(), "with_deviations": with_deviations}
    await record_change(session, actor, "normal.learn", "normal_work", work.id, span)
    return work


async def ask_trial(
    session: AsyncSession, actor: Actor, normal_id: int, *, from_at: datetime, to_at: datetime
) -> NormalWork:
    """Try a version on the readings of a time: which warnings there would have been. A worker does it.

    Raises NotFound for another site's version, Invalid as ``ask_learning``, Conflict while a worker learns or tries
    already and for a version that a starter pack brought.
    """
    require(actor, "normals.edit")
    learned = await get_visible(session, actor, LearnedNormal, normal_id)
    if learned.row_s is None:
        raise Conflict(N_("行业包带来的基线不能在历史上试用"))
    _check_times(from_at, to_at)
    await _nothing_at_work(session, actor)
    work = await plan_trial(session, learned, from_at, to_at, actor.person_id)
    await record_change(session, actor, "normal.try", "normal", learned.id, {"model_version": learned.version})
    return work


async def activate_normal(session: AsyncSession, actor: Actor, normal_id: int) -> LearnedNormal:
    """Judge the site's readings by this version from the ingest's next look on; going back is always possible.

    Raises NotFound for another site's version, Conflict for the one in force.
    """
    require(actor, "normals.edit")
    await alone(session, actor.site_id)
    learned = await get_visible(session, actor, LearnedNormal, normal_id, lock=True)
    if learned.active:
        raise Conflict(N_("这一版正在使用"))
    wanted = select(col(LearnedNormal.version)).where(visible(actor, LearnedNormal), col(LearnedNormal.active))
    before = (await session.execute(wanted)).scalar_one_or_none()
    await put_in_force(session, learned)
    versions = {"model_version": [before, learned.version]}
    await record_change(session, actor, "normal.activate", "normal", learned.id, versions)
    await record_event(
        session,
        site_id=actor.site_id,
        kind="normal.activated",
        subject="normal",
        subject_id=learned.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"正常基线第 {learned.version} 版启用",
            "title_en": f"Normal baseline version {learned.version} in use",
            "url": f"/normals/{learned.id}",
        },
    )
    return learned


def _check_times(from_at: datetime, to_at: datetime) -> None:
    if to_at > now() + timedelta(minutes=1):
        raise Invalid(fields={"to_at": N_("结束时间不能在将来")})
    if not SHORTEST <= to_at - from_at <= LONGEST:
        raise Invalid(fields={"from_at": N_("请选择半小时到 92 天的一段时间")})


async def _nothing_at_work(session: AsyncSession, actor: Actor) -> None:
    """Raise Conflict while a worker learns or tries; work whose job failed for good is over."""
    await alone(session, actor.site_id)
    wanted = select(NormalWork).where(visible(actor, NormalWork), col(NormalWork.state) == WorkState.RUNNING)
    busy = await at_work(session, actor)
    for work in (await session.scalars(wanted.with_for_update())).all():
        if work.id in busy:
            raise Conflict(N_("正在学习或试用另一版，请等它结束"))
        work.state = WorkState.BROKEN
        session.add(work)
        await session.execute(
            delete(NormalPiece).where(visible(actor, NormalPiece), col(NormalPiece.work_id) == work.id)
        )
    await session.flush()
