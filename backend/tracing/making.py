"""Making a trace: on the readings up to now, on the whole process once it is over, or on what a person asked for."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.live.queries import limit_marks_of_site
from backend.tracing.announcing import announce
from backend.tracing.checks.wanting import ask_wanted
from backend.tracing.engine import Signature, TraceResult, trace
from backend.tracing.engine.behaviour import behaviours
from backend.tracing.engine.tracing import MOST_CAUSES
from backend.tracing.foretelling import limits_ahead, movers, points_ahead
from backend.tracing.forward import forward_of
from backend.tracing.gathering import REVIEW_ROWS_BEFORE, GroupAlarm, Material, Span, alarms_of_group, gather_for
from backend.tracing.library.fusing import fuse_seen, seen_in, stored
from backend.tracing.models import TRACE_JOB, Origin, Stage, Trace, TraceCheck, TraceDismissal
from backend.tracing.plant import point_key
from backend.tracing.records import answerable_posts, records_about
from backend.tracing.refining import flood_began, next_refinement, not_before
from backend.tracing.story import gist, nothing_yet, suspected_equipment, tell
from backend.tracing.subjects import equipment_asked_for, worst_point
from backend.tracing.versions.active import active_model
from backend.tracing.versions.content import ActiveModel
from backend.tracing.weighing import summed, weigh

_GRAVITY: dict[str, int] = {Level.MAJOR: 4, Level.SIGNIFICANT: 3, Level.GENERAL: 2, Level.LOW: 1}


async def make_trace(session: AsyncSession, group_id: int, *, review: bool = False) -> Trace:
    """Trace a group of alarms, store the answer, tell of it, plan the refinement.

    An alarm that joins makes a warning's trace an alarm's: people are called again, by the graver alarm's ladder.
    On the readings up to now; with ``review``, and for good once it was made so, on the whole process from the onset
    to the closing of the group. Raises LookupError when the group has no alarms.
    """
    await alone(session, str(group_id))
    site_id, alarms = await alarms_of_group(session, group_id)
    made = await _trace_of(session, site_id, group_id, alarms)
    called = not made.revision or made.origin != origin_of(alarms)
    made.origin = origin_of(alarms)
    if review and made.revision:
        made.stage = Stage.REVIEW
    span = Span(now())
    if made.stage == Stage.REVIEW:
        span = Span(await _closed_at(session, group_id) or now(), _begun(made, alarms), REVIEW_ROWS_BEFORE)
    material = await gather_for(session, site_id, alarms, span)
    before = made.result if made.revision else None
    await _answer(session, made, material, symptom_of(alarms))
    made.result = made.result | {"raises_seen": raises(alarms), "explains": symptom_of(alarms)}
    _note_window(made, material, span.until)
    await session.flush()
    if called or before is None or gist(before) != gist(made.result):
        await announce(session, made, alarms, called=called)
    await ask_wanted(session, made)
    if made.stage == Stage.LIVE:
        await _plan_refinement(session, made, alarms, material.pace.step_s)
    else:
        await _plan_none(session, made)
    return made


async def make_asked(session: AsyncSession, trace_id: int) -> Trace:
    """Make, or make anew, the trace that a person asked for; its window is theirs. Raises LookupError."""
    await alone(session, f"asked:{trace_id}")
    made = await _asked(session, trace_id)
    span = Span(made.window_to, made.window_from)
    material = await gather_for(session, made.site_id, [], span)
    target = await _target(session, made, material)
    before = made.result if made.revision else None
    await _answer(session, made, material, target)
    await session.flush()
    if before is None or gist(before) != gist(made.result):
        await announce(session, made, [], called=before is None)
    await ask_wanted(session, made)
    return made


@system_query("the worker makes what people of every site ask for")
async def _asked(session: AsyncSession, trace_id: int) -> Trace:
    made = await session.scalar(select(Trace).where(col(Trace.id) == trace_id).with_for_update())
    if made is None:
        raise LookupError(f"no trace {trace_id}")
    return made


async def alone(session: AsyncSession, what: str) -> None:
    """Until the transaction ends, no other worker traces this: a flood asks for its trace many times."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"trace:{what}"})


@system_query("the worker stores every site's traces")
async def _trace_of(session: AsyncSession, site_id: int, group_id: int, alarms: Sequence[GroupAlarm]) -> Trace:
    """The trace as it is now, locked, or a new one."""
    known = (
        await session.execute(select(Trace).where(col(Trace.group_id) == group_id).with_for_update())
    ).scalar_one_or_none()
    at = now()
    made = known or Trace(
        site_id=site_id,
        group_id=group_id,
        revision=0,
        first_made_at=at,
        window_from=at,
        window_to=at,
        origin=origin_of(alarms),
        result=nothing_yet(),
    )
    session.add(made)
    await session.flush()
    return made


def origin_of(alarms: Sequence[GroupAlarm]) -> Origin:
    """A warning as long as nothing but the learned normal has spoken: no rule's limit was crossed."""
    return Origin.WARNING if all(alarm.kind == RuleKind.DEVIATION for alarm in alarms) else Origin.ALARM


async def _answer(session: AsyncSession, made: Trace, material: Material, target: str | None) -> None:
    """Ask the engine, the records and the neighbours; the answer becomes the trace's next revision."""
    model = await active_model(session, made.site_id, group_id=made.group_id, trace_id=made.id)
    weighed = await weighed_by_people(session, made.id)
    found, mark = await asyncio.to_thread(explain, material, model, target=target, weighed=weighed)
    shown = await asyncio.to_thread(behaviours, material.window, material.normal, found.started_s)
    seen = seen_in(found, material.equipment_of, shown)
    suspects = suspected_equipment(found, material.equipment_of)
    times = material.window.times_s
    end_s = float(times[-1]) if len(times) else made.window_to.timestamp()
    answer = tell(
        found,
        material.equipment_of,
        await records_about(session, made.site_id, suspects, made.group_id or 0),
        await answerable_posts(session, made.site_id, suspects),
        window_end_s=end_s,
        rows=material.window.rows,
    )
    answer |= {"normal_id": material.normal_id, "stage": made.stage}
    answer |= {"model_version": model.version, "signature": mark.to_dict(), "learned_causes": model.causes}
    answer |= await _ends(session, made, material, found)
    answer["forward"] = await asyncio.to_thread(forward_of, material, found, end_s)
    answer["seen"] = stored(seen)
    answer["fused"] = await fuse_seen(
        session, made.site_id, seen, group_id=made.group_id, trace_id=made.id, learned=model.causes
    )
    made.result = answer
    made.revision += 1
    made.made_at = now()
    session.add(made)


async def _ends(session: AsyncSession, made: Trace, material: Material, found: TraceResult) -> dict[str, Any]:
    """Who moved first, and which limits lie ahead: none of a process that is over."""
    window = material.window
    moved = await asyncio.to_thread(movers, window, material.normal, found, material.alarm_columns)
    if made.stage == Stage.REVIEW:
        return {"movers": moved, "limits_ahead": []}
    ids = [int(point.partition(":")[2]) for point in points_ahead(found)]
    marks = await limit_marks_of_site(session, made.site_id, ids)
    return {"movers": moved, "limits_ahead": await asyncio.to_thread(limits_ahead, window, found, marks)}


def explain(
    material: Material,
    model: ActiveModel,
    *,
    target: str | None = None,
    weighed: Mapping[str, float] | None = None,
    most: int | None = MOST_CAUSES,
) -> tuple[TraceResult, Signature]:
    """Trace ``material`` with what the site's ``model`` has learned and what people found out: the answer, and the mark
    by which its like is found again. Without a ``target`` the alarms' symptom is explained."""
    taught = model.teach(material.window, material.normal, material.graph)
    found = trace(
        material.window,
        material.normal,
        taught.graph,
        target or symptom_of(material.alarms),
        material.alarm_columns,
        most=most,
        prior=summed(taught.prior, weighed or {}),
    )
    return found, taught.signature


@system_query("the worker weighs what people of every site found out")
async def weighed_by_people(session: AsyncSession, trace_id: int) -> dict[str, float]:
    """Log-prior by node: causes that a person ruled out, and looks on site that were answered."""
    dismissed = await session.scalars(select(col(TraceDismissal.node)).where(col(TraceDismissal.trace_id) == trace_id))
    checked = await session.execute(
        select(col(TraceCheck.node), col(TraceCheck.verdict)).where(
            col(TraceCheck.trace_id) == trace_id, col(TraceCheck.verdict) != ""
        )
    )
    return weigh(dismissed, [(node, verdict) for node, verdict in checked])


def symptom_of(alarms: Sequence[GroupAlarm]) -> str | None:
    """The point to be explained: that of the gravest alarm, of equals the first raised; None without any."""
    at_points = [alarm for alarm in alarms if alarm.point_id]
    gravest = max(at_points, key=lambda alarm: _GRAVITY.get(alarm.level, 0), default=None)
    return point_key(gravest.point_id) if gravest and gravest.point_id else None


def raises(alarms: Sequence[GroupAlarm]) -> int:
    """How many times alarms of a group were raised, each the first time and again: it only grows."""
    return sum(alarm.times_raised for alarm in alarms)


async def _target(session: AsyncSession, made: Trace, material: Material) -> str | None:
    """The point a person asked for; of equipment the one that is furthest from its normal; None for the plant."""
    kind, _, number = made.asked_for.partition(":")
    if kind == "point":
        return point_key(int(number))
    equipment = set(await equipment_asked_for(session, made.site_id, made.asked_for))
    return worst_point(material, {key for key, id_ in material.equipment_of.items() if id_ in equipment})


def _note_window(made: Trace, material: Material, until: datetime) -> None:
    times = material.window.times_s
    made.window_to = until
    made.window_from = datetime.fromtimestamp(float(times[0]), until.tzinfo) if len(times) else until


def _begun(made: Trace, alarms: Sequence[GroupAlarm]) -> datetime:
    started: Any = made.result.get("started_at")
    first = min(alarm.raised_at for alarm in alarms)
    return min(first, datetime.fromisoformat(started)) if started else first


@system_query("the worker reviews every site's alarms")
async def _closed_at(session: AsyncSession, group_id: int) -> datetime | None:
    at: datetime | None = await session.scalar(
        text("SELECT closed_at FROM alarm_group WHERE id = :group_id"), {"group_id": group_id}
    )
    return at


@system_query("the worker refines every site's traces")
async def _plan_refinement(session: AsyncSession, made: Trace, alarms: Sequence[GroupAlarm], step_s: float) -> None:
    """Queue the next revision while any alarm of the group is open, in place of what was planned before."""
    await _plan_none(session, made)
    open_alarms = await session.execute(
        text(
            "SELECT max(last_raised_at), bool_or(active) FROM alarm "
            "WHERE site_id = :site AND group_id = :group_id AND state <> 'closed'"
        ),
        {"site": made.site_id, "group_id": made.group_id},
    )
    last_raised, standing = open_alarms.one()
    due_at = next_refinement(last_raised, made.made_at, step_s, standing=standing) if last_raised else None
    if due_at is not None:
        due_at = max(due_at, not_before(flood_began([alarm.raised_at for alarm in alarms]), made.made_at))
        await enqueue(
            session,
            TRACE_JOB,
            {"group_id": made.group_id, "refine": True},
            site_id=made.site_id,
            dedupe_key=f"{made.group_id}:again",
            due_at=due_at,
        )


async def _plan_none(session: AsyncSession, made: Trace) -> None:
    """Drop the refinement that was planned: a whole process doesn't change by itself."""
    await session.execute(
        text("DELETE FROM job WHERE kind = :kind AND dedupe_key = :key AND status = 'queued'"),
        {"kind": TRACE_JOB, "key": f"{made.group_id}:again"},
    )
