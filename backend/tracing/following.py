"""Keeping a trace up with its alarms: each asks for it to be made anew, and in a flood one answer serves many."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.tracing.gathering import GroupAlarm, alarms_of_group
from backend.tracing.making import alone, make_trace, origin_of, raises, symptom_of
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.refining import flood_began, not_before


async def follow_alarms(session: AsyncSession, group_id: int) -> Trace:
    """Make the trace of a group anew, or put that off while alarms join it one after the other.

    Nothing is done where it has seen them all: its next refinement is planned. Never put off: the first answer, a
    warning that becomes an alarm, and a graver alarm at another point. What is put off waits as a job of the group's,
    with which all further alarms of the flood are content; it is written in the transaction that marks the present
    job done, so that none is forgotten. Raises LookupError for a group without alarms.
    """
    await alone(session, str(group_id))
    _, alarms = await alarms_of_group(session, group_id)
    made = await _made_before(session, group_id)
    if made is None or _asks_something_else(made, alarms):
        return await make_trace(session, group_id)
    if made.result.get("raises_seen") == raises(alarms):
        return made
    due_at = _due_at(made, alarms)
    if due_at <= now():
        return await make_trace(session, group_id)
    await _put_off(session, made, due_at)
    return made


async def refine(session: AsyncSession, group_id: int) -> None:
    """Make the trace of a group anew on more rows, as it was planned; not, where it was made meanwhile, for then a
    later moment is planned. Raises LookupError for a group without alarms."""
    await alone(session, str(group_id))
    _, alarms = await alarms_of_group(session, group_id)
    made = await _made_before(session, group_id)
    if made is None or _due_at(made, alarms) <= now():
        await make_trace(session, group_id)


def _due_at(made: Trace, alarms: Sequence[GroupAlarm]) -> datetime:
    return not_before(flood_began([alarm.raised_at for alarm in alarms]), made.made_at)


def _asks_something_else(made: Trace, alarms: Sequence[GroupAlarm]) -> bool:
    return made.origin != origin_of(alarms) or made.result.get("explains", symptom_of(alarms)) != symptom_of(alarms)


async def _put_off(session: AsyncSession, made: Trace, due_at: datetime) -> None:
    await enqueue(
        session,
        TRACE_JOB,
        {"group_id": made.group_id},
        site_id=made.site_id,
        dedupe_key=str(made.group_id),
        due_at=due_at,
    )


@system_query("the worker follows every site's alarms")
async def _made_before(session: AsyncSession, group_id: int) -> Trace | None:
    made = await session.scalar(select(Trace).where(col(Trace.group_id) == group_id).with_for_update())
    return made if made is not None and made.revision else None
