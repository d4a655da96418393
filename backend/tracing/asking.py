"""Traces that people ask for: of a point, equipment, a report, a rectification or a time; and of a whole process."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.jobs import enqueue
from backend.core.tables import SiteScoped
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.plant.models import Equipment, Point
from backend.tracing.commands import locked_trace
from backend.tracing.models import TRACE_JOB, Origin, Stage, Trace
from backend.tracing.recording import tell_of_trace
from backend.tracing.story import nothing_yet

USUAL = timedelta(hours=1)
LONGEST = timedelta(days=31)
SHORTEST = timedelta(seconds=10)
_MODELS: dict[str, type[SiteScoped]] = {
    "point": Point,
    "equipment": Equipment,
    "report": HazardReport,
    "rectification": Rectification,
}


@dataclass(frozen=True)
class Question:
    """``what``: ``point:7``, ``equipment:3``, ``report:5``, ``rectification:2`` or empty for the plant; times UTC."""

    what: str
    since: datetime
    until: datetime


async def ask_trace(session: AsyncSession, actor: Actor, question: Question) -> Trace:
    """Queue a trace by hand; it is there at once, with ``revision`` 0 until the worker has made it.

    Raises Invalid for a time that can't be, NotFound for a thing of another site.
    """
    require(actor, "traces.ask")
    until = min(question.until, now())
    _check_span(question.since, until)
    await subject(session, actor, question.what)
    made = Trace(
        site_id=actor.site_id,
        origin=Origin.HAND,
        stage=Stage.LIVE,
        asked_by=actor.person_id,
        asked_for=question.what,
        revision=0,
        window_from=question.since,
        window_to=until,
        result=nothing_yet(),
    )
    session.add(made)
    await session.flush()
    await record_change(session, actor, "trace.ask", "trace", made.id, {"asked_for": [None, question.what]})
    await enqueue(session, TRACE_JOB, {"trace_id": made.id}, site_id=actor.site_id, dedupe_key=f"trace:{made.id}")
    return made


async def ask_review(session: AsyncSession, actor: Actor, trace_id: int) -> Trace:
    """Queue the trace of the whole process, from the onset to now or to the closing of its alarms.

    Raises NotFound for another site's trace, Conflict for one by hand: its time was chosen by a person.
    """
    require(actor, "traces.ask")
    made = await locked_trace(session, actor, trace_id)
    if made.group_id is None:
        raise Conflict(N_("手动溯源的时间范围由人选定，请新建一次溯源"))
    await record_change(session, actor, "trace.review", "trace", made.id, {"stage": [made.stage, Stage.REVIEW]})
    await tell_of_trace(
        session, made, "trace.review_asked", "要求溯源完整过程", "Whole process asked for", actor_id=actor.person_id
    )
    await enqueue(
        session,
        TRACE_JOB,
        {"group_id": made.group_id, "review": True},
        site_id=made.site_id,
        dedupe_key=f"{made.group_id}:review",
    )
    return made


async def subject(session: AsyncSession, actor: Actor, what: str) -> Any:
    """The thing that ``what`` names, None for the whole plant. Raises NotFound when the actor has no such thing."""
    if not what:
        return None
    kind, _, number = what.partition(":")
    model: Any = _MODELS.get(kind)
    if model is None or not number.isdigit() or len(number) > 18:
        raise NotFound()
    found = await session.scalar(select(model).where(visible(actor, model), col(model.id) == int(number)))
    if found is None:
        raise NotFound()
    return found


def _check_span(since: datetime, until: datetime) -> None:
    if until - since < SHORTEST:
        raise Invalid(fields={"since": N_("开始时间要早于结束时间")})
    if until - since > LONGEST:
        raise Invalid(fields={"since": N_("一次最多溯源 31 天")})
