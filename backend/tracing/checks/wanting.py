"""What a trace itself wants to know: asked of the owner posts, once. The worker calls it, and who answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.tracing.checks.patience import due_after, next_reminder
from backend.tracing.checks.places import holders, level_of
from backend.tracing.checks.telling import tell
from backend.tracing.models import Trace, TraceCheck


async def ask_wanted(session: AsyncSession, made: Trace) -> list[TraceCheck]:
    """Ask what the trace wants to know and hasn't asked yet; gives what was asked now. The trace is locked.

    A trace is made many times: what was asked stays its question while the answer still tells something (``waiting``
    of ``engine.fusion.fuse``), so that people aren't asked one thing after another. Where a leader sent somebody to
    look at the same equipment, the question joins that look: nobody is sent twice.
    """
    known = await _checks_of(session, made)
    wanted = [one for one in questions_of(made.result.get("fused", [])) if one["key"] not in _asked(known)]
    level = await level_of(session, made) if wanted else ""
    asked = []
    for question in wanted:
        check = _look_there(known, question["equipment_id"]) or new_check(made, level, question)
        check.question, check.text, check.text_en = question["key"], question["text"], question["text_en"]
        check.gain = question["gain"]
        session.add(check)
        await session.flush()
        await tell(session, made, check, "check_asked", await holders(session, made.site_id, check.post_id))
        asked.append(check)
    return asked


def new_check(made: Trace, level: str, question: Mapping[str, Any]) -> TraceCheck:
    """A look at a question's equipment that nobody has asked for yet."""
    at = now()
    due_at = at + due_after(level)
    return TraceCheck(
        site_id=made.site_id,
        trace_id=made.id,
        node=f"equipment:{question['equipment_id']}",
        equipment_id=question["equipment_id"],
        post_id=next(iter(question["posts"]), None),
        question=question["key"],
        text=question["text"],
        text_en=question["text_en"],
        level=level,
        due_at=due_at,
        remind_at=next_reminder(at, due_at, at),
    )


def questions_of(fused: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The questions of a fused list, most telling first."""
    found = [question for cause in fused for question in cause["questions"]]
    return sorted(found, key=lambda one: (-one["gain"], one["key"]))


def _asked(known: Sequence[TraceCheck]) -> set[str]:
    return {check.question for check in known}


def _look_there(known: Sequence[TraceCheck], equipment_id: int) -> TraceCheck | None:
    """A leader's look at the equipment that waits and carries no question yet."""
    for check in known:
        if check.equipment_id == equipment_id and check.answered_at is None and not check.question:
            return check
    return None


@system_query("the worker asks the posts of every site")
async def _checks_of(session: AsyncSession, made: Trace) -> Sequence[TraceCheck]:
    of_trace = select(TraceCheck).where(col(TraceCheck.site_id) == made.site_id, col(TraceCheck.trace_id) == made.id)
    return (await session.scalars(of_trace.order_by(col(TraceCheck.id)))).all()
