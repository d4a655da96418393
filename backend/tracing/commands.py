"""Making a trace (worker), and confirming its root cause (people)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.events import record_event
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, system_query, visible
from backend.tracing.engine import TraceResult, trace
from backend.tracing.engine.behaviour import behaviours
from backend.tracing.gathering import GroupAlarm, Material, gather, point_key
from backend.tracing.library.asking import ask
from backend.tracing.library.fusing import fuse_seen, seen_in, stored
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.records import answerable_posts, records_about
from backend.tracing.refining import next_refinement
from backend.tracing.story import gist, suspected_equipment, tell

_GRAVITY: dict[str, int] = {Level.MAJOR: 4, Level.SIGNIFICANT: 3, Level.GENERAL: 2, Level.LOW: 1}


async def make_trace(session: AsyncSession, group_id: int) -> Trace:
    """Trace a group of alarms on the readings up to now, store the answer, tell of it, plan the refinement.

    Raises LookupError when the group has no alarms.
    """
    await _alone(session, group_id)
    until = now()
    material = await gather(session, group_id, until)
    result = await asyncio.to_thread(_explain, material)
    suspects = suspected_equipment(result, material.equipment_of)
    answer = tell(
        result,
        material.equipment_of,
        await records_about(session, material.site_id, suspects, group_id),
        await answerable_posts(session, material.site_id, suspects),
        window_end_s=until.timestamp(),
        rows=material.window.rows,
    )
    shown = await asyncio.to_thread(behaviours, material.window, material.normal, result.started_s)
    seen = seen_in(result, material.equipment_of, shown)
    answer["seen"] = stored(seen)
    answer["fused"] = await fuse_seen(session, material.site_id, seen, group_id=group_id, trace_id=None)
    made, before = await _store(session, group_id, material, until, answer)
    if before is None or gist(before) != gist(made.result):
        await _announce(session, made, material)
    await ask(session, made)
    await _plan_refinement(session, made, material.window.step_s)
    return made


async def _alone(session: AsyncSession, group_id: int) -> None:
    """Until the transaction ends, no other worker traces this group: a flood asks for its trace many times."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"trace:{group_id}"})


def _explain(material: Material) -> TraceResult:
    return trace(material.window, material.normal, material.graph, target=symptom_of(material.alarms))


def symptom_of(alarms: Sequence[GroupAlarm]) -> str | None:
    """The point to be explained: that of the gravest alarm, of equals the first raised; None without any."""
    at_points = [alarm for alarm in alarms if alarm.point_id]
    gravest = max(at_points, key=lambda alarm: _GRAVITY.get(alarm.level, 0), default=None)
    return point_key(gravest.point_id) if gravest and gravest.point_id else None


@system_query("the worker stores every site's traces")
async def _store(
    session: AsyncSession, group_id: int, material: Material, until: datetime, answer: dict[str, Any]
) -> tuple[Trace, dict[str, Any] | None]:
    """The trace as it is now, and what it said before."""
    known = (
        await session.execute(select(Trace).where(col(Trace.group_id) == group_id).with_for_update())
    ).scalar_one_or_none()
    made = known or Trace(site_id=material.site_id, group_id=group_id, first_made_at=until)
    before = known.result if known else None
    made.revision = known.revision + 1 if known else 1
    made.made_at = until
    made.window_to = until
    times = material.window.times_s
    made.window_from = datetime.fromtimestamp(float(times[0]), until.tzinfo) if len(times) else until
    made.result = answer | {"normal_id": material.normal_id}
    session.add(made)
    await session.flush()
    return made, before


async def _announce(session: AsyncSession, made: Trace, material: Material) -> None:
    first = material.alarms[0]
    await record_event(
        session,
        site_id=made.site_id,
        kind="trace.made" if made.revision == 1 else "trace.refined",
        subject="trace",
        subject_id=made.id,
        story=f"alarm:{first.id}",
        level=first.level,
        data={
            "title_zh": "已溯源" if made.revision == 1 else "溯源已更新",
            "title_en": "Traced" if made.revision == 1 else "Trace refined",
            "url": f"/traces/{made.id}",
            "revision": made.revision,
            "top": made.result["causes"][0]["node"] if made.result["causes"] else None,
        },
    )


@system_query("the worker refines every site's traces")
async def _plan_refinement(session: AsyncSession, made: Trace, step_s: float) -> None:
    """Queue the next revision while any alarm of the group is active; an alarm that comes (again) brings it nearer."""
    last_raised = await session.scalar(
        text(
            "SELECT max(last_raised_at) FROM alarm WHERE site_id = :site AND group_id = :group_id "
            "AND active AND state <> 'closed'"
        ),
        {"site": made.site_id, "group_id": made.group_id},
    )
    due_at = next_refinement(last_raised, made.made_at, step_s) if last_raised else None
    if due_at is not None:
        await enqueue(
            session,
            TRACE_JOB,
            {"group_id": made.group_id},
            site_id=made.site_id,
            dedupe_key=f"{made.group_id}:again",
            due_at=due_at,
        )


async def confirm_cause(session: AsyncSession, actor: Actor, trace_id: int, *, node: str, note: str = "") -> Trace:
    """A person says which root cause was right: a node of the plant, or ``other`` with a note.

    Raises NotFound for another site's trace, Invalid for a node that isn't of this plant.
    """
    require(actor, "traces.confirm")
    made = (
        await session.execute(select(Trace).where(col(Trace.id) == trace_id, visible(actor, Trace)).with_for_update())
    ).scalar_one_or_none()
    if made is None:
        raise NotFound()
    offered = {cause["node"] for cause in made.result["causes"]}
    if node not in offered and node != "other":
        raise Invalid(fields={"node": N_("请选择一个根源")})
    if node == "other" and not note.strip():
        raise Invalid(fields={"note": N_("请写明实际的根源")})
    before = made.confirmed_node
    made.confirmed_node, made.confirmation_note = node, note.strip()
    made.confirmed_by, made.confirmed_at = actor.person_id, now()
    session.add(made)
    await record_change(session, actor, "trace.confirm", "trace", made.id, {"confirmed_node": [before, node]})
    first_alarm = (
        await session.execute(
            text("SELECT min(id) FROM alarm WHERE group_id = :group_id AND site_id = :site"),
            {"group_id": made.group_id, "site": actor.site_id},
        )
    ).scalar_one()
    await record_event(
        session,
        site_id=made.site_id,
        kind="trace.confirmed",
        subject="trace",
        subject_id=made.id,
        story=f"alarm:{first_alarm}",
        actor_id=actor.person_id,
        data={
            "title_zh": "根源已确认",
            "title_en": "Root cause confirmed",
            "url": f"/traces/{made.id}",
            "note": note.strip(),
        },
    )
    return made
