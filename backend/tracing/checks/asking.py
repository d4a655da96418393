"""A leader has a cause looked at."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.tracing.checks.patience import due_after, next_reminder
from backend.tracing.checks.places import Place, holders, level_of, place_of
from backend.tracing.checks.telling import tell
from backend.tracing.commands import locked_trace, offered
from backend.tracing.models import Trace, TraceCheck


async def ask_check(session: AsyncSession, actor: Actor, trace_id: int, *, node: str, words: str = "") -> TraceCheck:
    """Send who holds the post of the cause's equipment to look; one look at a cause is open at a time. Where the trace
    itself has asked something there, what the leader wants to know joins that.

    Raises NotFound for another site's trace, Invalid for a node that isn't one of its causes.
    """
    require(actor, "traces.confirm")
    made = await locked_trace(session, actor, trace_id)
    if node not in offered(made):
        raise Invalid(fields={"node": N_("请选择一个根源")})
    place = await place_of(session, made.site_id, node)
    known = await _open(session, actor, made, node, place.equipment_id)
    if known is not None and known.asked_by is not None:
        return known
    check = known or await _new(session, made, node, place)
    check.node, check.asked_by, check.words = node, actor.person_id, words.strip()
    session.add(check)
    await session.flush()
    await record_change(session, actor, "trace.ask_check", "trace", made.id, {"check": [None, node]})
    told = await holders(session, made.site_id, check.post_id)
    await tell(session, made, check, "check_asked", told, actor_id=actor.person_id, note=check.words)
    return check


async def _open(
    session: AsyncSession, actor: Actor, made: Trace, node: str, equipment_id: int | None
) -> TraceCheck | None:
    """The look at this cause that waits; else what the trace asks at its equipment."""
    waiting = await session.scalars(
        select(TraceCheck)
        .where(visible(actor, TraceCheck), col(TraceCheck.trace_id) == made.id, col(TraceCheck.answered_at).is_(None))
        .order_by(col(TraceCheck.id))
        .with_for_update()
    )
    checks = waiting.all()
    of_leader = [check for check in checks if check.asked_by is not None and check.node == node]
    of_trace = [check for check in checks if check.asked_by is None and check.equipment_id == equipment_id]
    return next(iter([*of_leader, *of_trace]), None)


async def _new(session: AsyncSession, made: Trace, node: str, place: Place) -> TraceCheck:
    level, at = await level_of(session, made), now()
    due_at = at + due_after(level)
    return TraceCheck(
        site_id=made.site_id,
        trace_id=made.id,
        node=node,
        equipment_id=place.equipment_id,
        post_id=place.owner_post_id,
        level=level,
        due_at=due_at,
        remind_at=next_reminder(at, due_at, at),
    )
