"""What people do with a trace: confirm its root cause, rule one out. Making traces: ``making``; by hand: ``asking``."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.tracing.checks.wanting import ask_wanted
from backend.tracing.library.ranking import rank_anew
from backend.tracing.library.titles import can_be, is_library_key, listed
from backend.tracing.models import TRACE_JOB, Trace, TraceDismissal
from backend.tracing.queries import node_names
from backend.tracing.recording import tell_of_trace
from backend.tracing.versions.learning import OTHER, learn_from
from backend.tracing.versions.making import places


async def confirm_cause(session: AsyncSession, actor: Actor, trace_id: int, *, node: str, note: str = "") -> Trace:
    """A person says which root cause was right: a node of the plant, a cause of the library at some equipment
    (``equipment:3/valve.sticking``), or ``other`` with a note. The model learns it.

    Raises NotFound for another site's trace, Invalid for what can't be a cause in this plant.
    """
    require(actor, "traces.confirm")
    made = await locked_trace(session, actor, trace_id)
    if node != OTHER and not await _can_be(session, actor, made, node):
        raise Invalid(fields={"node": N_("请选择一个根源")})
    if node == OTHER and not note.strip():
        raise Invalid(fields={"note": N_("请写明实际的根源")})
    before = made.confirmed_node
    made.confirmed_node, made.confirmation_note = node, note.strip()
    made.confirmed_by, made.confirmed_at = actor.person_id, now()
    session.add(made)
    await record_change(session, actor, "trace.confirm", "trace", made.id, {"confirmed_node": [before, node]})
    zh, en = "根源已确认", "Root cause confirmed"
    if name := (await node_names(session, actor, [node])).get(node):
        zh, en = f"{zh}：{name.name}", f"{en}: {name.name_en}"
    await tell_of_trace(
        session, made, "trace.confirmed", zh, en, node=node, note=note.strip(), actor_id=actor.person_id
    )
    await learn_from(session, actor, made, fused=node if is_library_key(node) else "")
    return made


async def _can_be(session: AsyncSession, actor: Actor, made: Trace, node: str) -> bool:
    """Whether that can be the cause: what the trace lists, any node of the plant, any cause its library knows there."""
    if node in offered(made) | listed(made.result) or node in await places(session, actor):
        return True
    return await can_be(session, actor, node)


async def dismiss_cause(session: AsyncSession, actor: Actor, trace_id: int, *, node: str) -> Trace:
    """A person rules a cause out: it weighs little from now on. For a node the trace is made anew; a cause of the
    library is ranked anew at once, from what the trace kept.

    Raises NotFound for another site's trace, Invalid for what isn't one of its causes.
    """
    require(actor, "traces.confirm")
    made = await locked_trace(session, actor, trace_id)
    if node not in offered(made) | listed(made.result):
        raise Invalid(fields={"node": N_("请选择一个根源")})
    known = await session.scalar(
        select(col(TraceDismissal.id)).where(
            visible(actor, TraceDismissal), col(TraceDismissal.trace_id) == made.id, col(TraceDismissal.node) == node
        )
    )
    if known is not None:
        return made
    session.add(TraceDismissal(site_id=made.site_id, trace_id=made.id, node=node, person_id=actor.person_id))
    await record_change(session, actor, "trace.dismiss", "trace", made.id, {"dismissed": [None, node]})
    await tell_of_trace(
        session, made, "trace.dismissed", "排除了一个根源", "A cause was ruled out", node=node, actor_id=actor.person_id
    )
    await _weigh_anew(session, made, node)
    return made


async def take_back(session: AsyncSession, actor: Actor, trace_id: int, *, node: str) -> Trace:
    """What was ruled out may be it after all. Raises NotFound for another site's trace."""
    require(actor, "traces.confirm")
    made = await locked_trace(session, actor, trace_id)
    gone = await session.execute(
        delete(TraceDismissal)
        .where(visible(actor, TraceDismissal), col(TraceDismissal.trace_id) == made.id)
        .where(col(TraceDismissal.node) == node)
        .returning(col(TraceDismissal.id))
    )
    if gone.first() is not None:
        await record_change(session, actor, "trace.take_back", "trace", made.id, {"dismissed": [node, None]})
        await tell_of_trace(
            session,
            made,
            "trace.taken_back",
            "撤回了对根源的排除",
            "A cause counts again",
            node=node,
            actor_id=actor.person_id,
        )
        await _weigh_anew(session, made, node)
    return made


async def _weigh_anew(session: AsyncSession, made: Trace, node: str) -> None:
    if is_library_key(node):
        await rank_anew(session, made)
        await ask_wanted(session, made)
    else:
        await retrace(session, made)


async def retrace(session: AsyncSession, made: Trace) -> None:
    """Ask for the trace anew, because there is new evidence."""
    payload = {"group_id": made.group_id, "evidence": True} if made.group_id else {"trace_id": made.id}
    await enqueue(session, TRACE_JOB, payload, site_id=made.site_id, dedupe_key=f"trace:{made.id}")


def offered(made: Trace) -> set[str]:
    """Nodes that the trace names as causes."""
    return {cause["node"] for cause in made.result["causes"]}


async def locked_trace(session: AsyncSession, actor: Actor, trace_id: int) -> Trace:
    """The trace, held until the transaction ends. Raises NotFound for another site's."""
    made = (
        await session.execute(select(Trace).where(col(Trace.id) == trace_id, visible(actor, Trace)).with_for_update())
    ).scalar_one_or_none()
    if made is None:
        raise NotFound()
    return made
