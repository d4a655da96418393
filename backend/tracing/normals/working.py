"""The worker's part: takes in the readings piece by piece, then learns or tries. System role.

Each step commits with its job, so a worker that dies loses seconds; pieces are dropped when the work is done.
"""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import numpy as np
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import RuleKind
from backend.core.clock import now
from backend.core.errors import N_
from backend.core.events import record_event
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.telemetry.models import LearnedNormal
from backend.telemetry.normals import keep_version
from backend.tracing.engine import Normal, Window, learn_normal
from backend.tracing.normals.models import NORMAL_JOB, NormalPiece, NormalWork, WorkKind, WorkState
from backend.tracing.normals.planning import plan_trial
from backend.tracing.normals.quiet import Span, in_trouble, troubles
from backend.tracing.normals.reading import PIECE_CELLS, SPARSE, packed, read_rows, unpacked
from backend.tracing.normals.trying import read_rule, stored_outcome, try_normal
from backend.tracing.plant import plant_map, point_key
from backend.tracing.windows import habits

STEP_S = 8.0
LEAST_ROWS = 200
"""Fewer rows say nothing about what is usual: the charts' limits would rest on a handful of them."""
USUAL_TRIAL = timedelta(days=7)
"""On so much of the past a fresh baseline is tried at once."""
LEAST_READINGS = 30
"""A point with fewer is left out."""


@system_query("the worker learns and tries what is normal at every site")
async def work_step(session: AsyncSession, work_id: int) -> NormalWork | None:
    """Take in what a few seconds allow, and plan the next step or finish; None when there is nothing to do."""
    wanted = select(NormalWork).where(col(NormalWork.id) == work_id).with_for_update()
    work = (await session.execute(wanted)).scalar_one_or_none()
    if work is None or work.state != WorkState.RUNNING:
        return None
    begun, sparse = time.monotonic(), await _is_sparse(session, work)
    while work.read_rows < work.rows:
        await _take_in(session, work, sparse=sparse)
        if time.monotonic() - begun > STEP_S:
            break
    if work.read_rows < work.rows:
        key = f"{work.id}:{work.read_rows}"
        await enqueue(session, NORMAL_JOB, {"work_id": work.id}, site_id=work.site_id, dedupe_key=key)
        return work
    window = await _taken_in(session, work)
    do = _learn if work.kind == WorkKind.LEARN else _try
    await do(session, work, window)
    await session.execute(delete(NormalPiece).where(col(NormalPiece.work_id) == work.id))
    work.finished_at = now()
    session.add(work)
    await session.flush()
    await _tell(session, work)
    return work


async def _is_sparse(session: AsyncSession, work: NormalWork) -> bool:
    found = await habits(session, work.site_id, work.point_ids, await plant_map(session, work.site_id), work.to_at)
    return bool(found) and work.row_s > SPARSE * float(np.median([habit.gap_s for habit in found]))


async def _take_in(session: AsyncSession, work: NormalWork, *, sparse: bool) -> None:
    rows = min(max(PIECE_CELLS // len(work.point_ids), 1), work.rows - work.read_rows)
    start = work.from_at + timedelta(seconds=work.row_s * work.read_rows)
    read = await read_rows(session, work.site_id, work.point_ids, start, work.row_s, rows, sparse=sparse)
    content = await asyncio.to_thread(packed, read)
    session.add(NormalPiece(site_id=work.site_id, work_id=work.id, first_row=work.read_rows, content=content))
    work.read_rows += rows
    session.add(work)
    await session.flush()


@system_query("the worker learns and tries what is normal at every site")
async def _taken_in(session: AsyncSession, work: NormalWork) -> Window:
    wanted = select(col(NormalPiece.content)).where(col(NormalPiece.work_id) == work.id)
    pieces = (await session.scalars(wanted.order_by(col(NormalPiece.first_row)))).all()
    return await asyncio.to_thread(unpacked, pieces, work.point_ids)


async def _learn(session: AsyncSession, work: NormalWork, window: Window) -> None:
    spans = troubles(await _alarms(session, work))
    good = window.values[~in_trouble(window.times_s, spans)]
    moments = window.times_s[~in_trouble(window.times_s, spans)]
    spoken = (~np.isnan(good)).sum(0) >= LEAST_READINGS
    work.result = {"rows": len(good), "left_out": window.rows - len(good), "points": int(spoken.sum())}
    if len(good) < LEAST_ROWS or not spoken.any():
        work.state = WorkState.REFUSED
        work.problem = N_("这段时间里没有报警的读数太少，请选更长的时间，或先处理那里的报警")
        return
    kept = [id_ for id_, enough in zip(work.point_ids, spoken, strict=True) if enough]
    normal = await asyncio.to_thread(
        learn_normal, Window.of(moments, [point_key(id_) for id_ in kept], good[:, spoken])
    )
    learned = LearnedNormal(
        site_id=work.site_id,
        from_at=work.from_at,
        to_at=work.to_at,
        row_s=work.row_s,
        point_ids=kept,
        parameters=await asyncio.to_thread(normal.to_dict),
    )
    work.normal_id = (await keep_version(session, learned)).id
    work.state = WorkState.DONE
    session.add(work)
    await session.flush()  # one work of a site at a time
    await plan_trial(session, learned, now() - USUAL_TRIAL, now(), work.asked_by)


@system_query("the worker learns and tries what is normal at every site")
async def _try(session: AsyncSession, work: NormalWork, window: Window) -> None:
    learned = await session.get_one(LearnedNormal, work.normal_id)
    points = tuple(point_key(id_) for id_ in learned.point_ids)
    normal = replace(Normal.from_dict(learned.parameters), points=points)
    raised = [start.timestamp() for start, _ in await _alarms(session, work) if start >= work.from_at]
    found = await asyncio.to_thread(try_normal, window, normal, read_rule(work.rule), raised)
    learned_from = [(learned.from_at, learned.to_at)] if learned.from_at and learned.to_at else []
    work.result = stored_outcome(found, int(in_trouble(window.times_s, learned_from).sum()))
    work.state = WorkState.DONE


@system_query("the worker learns and tries what is normal at every site")
async def _alarms(session: AsyncSession, work: NormalWork) -> list[Span]:
    """Alarms of the plant within the work's time that nobody judged false, from raised to returned.

    Silence and AnSu's own alarms are no state of the plant; early warnings count while learning unless told otherwise,
    and not in a trial: they are what is tried."""
    warned = work.kind == WorkKind.LEARN and not work.with_deviations
    rows = await session.execute(
        text(
            "SELECT raised_at, COALESCE(returned_at, closed_at, CASE WHEN active THEN now() ELSE raised_at END) "
            "FROM alarm WHERE site_id = :site AND raised_at < :until AND judgement <> 'false' "
            "AND kind = ANY(CAST(:kinds AS text[])) "
            "AND (raised_at >= :since OR active OR returned_at >= :since) ORDER BY raised_at"
        ),
        {
            "site": work.site_id,
            "since": work.from_at,
            "until": work.to_at,
            "kinds": [RuleKind.THRESHOLD, RuleKind.RATE, *([RuleKind.DEVIATION] if warned else [])],
        },
    )
    return [(start, max(start, end)) for start, end in rows]


async def _tell(session: AsyncSession, work: NormalWork) -> None:
    """Open pages show what came out."""
    learned = work.kind == WorkKind.LEARN
    await record_event(
        session,
        site_id=work.site_id,
        kind="normal.learned" if learned else "normal.tried",
        subject="normal",
        subject_id=work.normal_id or work.id,
        actor_id=work.asked_by,
        data={
            "title_zh": "正常基线学习结束" if learned else "正常基线试用结束",
            "title_en": "Learning a normal baseline is over" if learned else "Trial of a normal baseline is over",
            "url": f"/normals/{work.normal_id}" if work.normal_id else "/normals",
        },
    )
