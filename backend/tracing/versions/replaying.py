"""A trial of a version on history, in the worker: a few traces a step, each made anew on the readings still kept.

Both versions forget what was confirmed of the trace that is tried, so that neither is told the answer.
"""

import asyncio
import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.events import record_event
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.tracing.engine import TraceResult
from backend.tracing.gathering import GroupAlarm, Material, Span, alarms_of_group, gather_for
from backend.tracing.making import explain
from backend.tracing.models import Stage, Trace
from backend.tracing.versions.active import model_version
from backend.tracing.versions.content import ActiveModel
from backend.tracing.versions.models import REPLAY_JOB, ReplayState, TraceCase, TraceModel, TraceReplay

STEP_S = 8.0
"""So long a step goes on with further traces; others wait."""
LEAST_ROWS = 0.5
"""Share of the rows that the trace was made from; with fewer left it is passed over."""


@system_query("the worker tries versions of every site")
async def replay_step(session: AsyncSession, replay_id: int) -> TraceReplay | None:
    """Do the next traces of a trial, and plan the step after; None when there is nothing to do."""
    wanted = select(TraceReplay).where(col(TraceReplay.id) == replay_id).with_for_update()
    replay = (await session.execute(wanted)).scalar_one_or_none()
    if replay is None or replay.state != ReplayState.RUNNING:
        return None
    versions = [await model_version(session, replay.site_id, v) for v in (replay.version, replay.against)]
    results, begun = list(replay.results), time.monotonic()
    for trace_id in replay.trace_ids[len(results) :]:
        results.append(await _tried(session, replay.site_id, trace_id, *versions))
        if time.monotonic() - begun > STEP_S:
            break
    replay.results = results
    if len(results) == len(replay.trace_ids):
        await _finish(session, replay)
    else:
        key = f"{replay.id}:{len(results)}"
        await enqueue(session, REPLAY_JOB, {"replay_id": replay.id}, site_id=replay.site_id, dedupe_key=key)
    session.add(replay)
    await session.flush()
    return replay


@system_query("the worker tries versions of every site")
async def _tried(
    session: AsyncSession, site_id: int, trace_id: int, version: ActiveModel, against: ActiveModel
) -> dict[str, Any]:
    stored = select(Trace, TraceCase).join(TraceCase, col(TraceCase.trace_id) == col(Trace.id))
    stored = stored.where(col(Trace.id) == trace_id, col(Trace.site_id) == site_id, col(TraceCase.current))
    row = (await session.execute(stored)).one_or_none()
    if row is None or not row[1].node:
        return {"trace_id": trace_id, "skipped": "unconfirmed"}
    trace, case = row
    material = await _material(session, trace)
    if material is None or material.window.rows < max(LEAST_ROWS * trace.result.get("rows", 0), 1):
        return {"trace_id": trace_id, "skipped": "readings"}
    symptom = None if trace.group_id else trace.result["symptom"]
    own = select(col(TraceCase.id)).where(col(TraceCase.site_id) == site_id, col(TraceCase.trace_id) == trace_id)
    mine = set((await session.scalars(own)).all())
    models = [one.without(mine) for one in (version, against)]
    ranks = [await asyncio.to_thread(_rank, material, symptom, model, case.node) for model in models]
    return {"trace_id": trace_id, "node": case.node, "rank": ranks[0], "against": ranks[1]}


async def _material(session: AsyncSession, trace: Trace) -> Material | None:
    """The readings up to the trace's last moment, and the alarms that had come by then."""
    alarms: list[GroupAlarm] = []
    if trace.group_id is not None:
        try:
            _, alarms = await alarms_of_group(session, trace.group_id)
        except LookupError:
            return None  # its alarms are gone
        alarms = [alarm for alarm in alarms if alarm.raised_at <= trace.window_to] or alarms
    whole = trace.group_id is None or trace.stage == Stage.REVIEW
    span = Span(trace.window_to, trace.window_from if whole else None)
    return await gather_for(session, trace.site_id, alarms, span)


def _rank(material: Material, symptom: str | None, model: ActiveModel, node: str) -> int | None:
    """Place of the confirmed root among all candidates, 1 = first."""
    result, _ = explain(material, model, target=symptom, most=None)
    return place_of(result, node)


def place_of(result: TraceResult, node: str) -> int | None:
    """Place of a point among the causes, or of a unit among the units where it isn't among the causes."""
    nodes = [cause.node for cause in result.causes]
    if node in nodes:
        return nodes.index(node) + 1
    units = [share.unit for share in result.units]
    return units.index(node) + 1 if node in units else None


@system_query("the worker tries versions of every site")
async def _finish(session: AsyncSession, replay: TraceReplay) -> None:
    replay.state, replay.finished_at = ReplayState.DONE, now()
    wanted = select(col(TraceModel.id)).where(
        col(TraceModel.site_id) == replay.site_id, col(TraceModel.version) == replay.version
    )
    model_id = (await session.execute(wanted)).scalar_one()
    await record_event(
        session,
        site_id=replay.site_id,
        kind="trace_model.tried",
        subject="trace_model",
        subject_id=model_id,
        actor_id=replay.asked_by,
        data={
            "title_zh": f"溯源模型第 {replay.version} 版回放完成",
            "title_en": f"Trial of trace model version {replay.version} is done",
            "url": f"/trace-models/{model_id}",
        },
    )
