"""What people do to an alarm: acknowledge, shelve, unshelve, close, judge whether it was real."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.stepping import advance, changed_facts, tell
from backend.alarms.lifecycle import Acknowledge, Close, Shelve, Step, Unshelve, facts_of
from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible


async def acknowledge(session: AsyncSession, actor: Actor, alarm_id: int, *, note: str = "") -> Alarm:
    """``actor`` has seen the alarm and answers for it; nobody is told further. Raises Conflict when somebody has."""
    require(actor, "alarms.acknowledge")
    return await _step(session, actor, alarm_id, Acknowledge(actor.person_id, now()), "alarm.acknowledged", note=note)


async def shelve(
    session: AsyncSession, actor: Actor, alarm_id: int, *, reason: str, minutes: float, note: str = ""
) -> Alarm:
    """Silence it for ``minutes`` with a reason; the level bounds how long (``lifecycle.LONGEST_SHELVING``)."""
    require(actor, "alarms.shelve")
    await locked_alarm(session, actor, alarm_id)
    if not reason.strip():
        raise Invalid(fields={"reason": N_("请填写搁置原因")})
    if not 0 < minutes <= 7 * 1440:
        raise Invalid(fields={"minutes": N_("请选择搁置时间")})
    at = now()
    until: datetime = at + timedelta(minutes=minutes)
    event = Shelve(reason, until, at)
    return await _step(
        session, actor, alarm_id, event, "alarm.shelved", note=reason.strip(), until=until.isoformat(), remark=note
    )


async def unshelve(session: AsyncSession, actor: Actor, alarm_id: int) -> Alarm:
    """Take it off the shelf before its time."""
    require(actor, "alarms.shelve")
    return await _step(session, actor, alarm_id, Unshelve(now()), "alarm.unshelved")


async def close(session: AsyncSession, actor: Actor, alarm_id: int, *, note: str = "") -> Alarm:
    """End a latched alarm whose condition has gone. A major one needs another person than who acknowledged it."""
    require(actor, "alarms.close")
    return await _step(session, actor, alarm_id, Close(actor.person_id, now()), "alarm.closed", note=note)


async def judge(session: AsyncSession, actor: Actor, alarm_id: int, *, genuine: bool, note: str = "") -> Alarm:
    """Say whether the alarm was real. A false one is kept as false; judging again overrules and is audited.

    Raises Invalid for a false alarm without a word on why.
    """
    require(actor, "alarms.judge")
    alarm = await locked_alarm(session, actor, alarm_id)
    if not genuine and not note.strip():
        raise Invalid(fields={"note": N_("请说明为什么是误报")})
    before = alarm.judgement
    alarm.judgement = "true" if genuine else "false"
    alarm.judged_by, alarm.judged_at, alarm.judgement_note = actor.person_id, now(), note.strip()
    session.add(alarm)
    await record_change(
        session,
        actor,
        "alarm.judge",
        "alarm",
        alarm.id,
        {"judgement": [before, alarm.judgement], "note": ["", alarm.judgement_note]},
    )
    kind = "alarm.judged_true" if genuine else "alarm.judged_false"
    await tell(session, alarm, kind, actor_id=actor.person_id, note=alarm.judgement_note)
    return alarm


async def add_note(session: AsyncSession, actor: Actor, alarm_id: int, *, note: str) -> Alarm:
    """Put words into the alarm's story, e.g. what somebody found on the spot; its state stays. Closed ones too."""
    require(actor, "alarms.see")
    alarm = await locked_alarm(session, actor, alarm_id)
    if not note.strip():
        raise Invalid(fields={"note": N_("请填写备注")})
    await record_change(session, actor, "alarm.noted", "alarm", alarm.id, {"note": ["", note.strip()]})
    await tell(session, alarm, "alarm.noted", actor_id=actor.person_id, note=note.strip())
    return alarm


async def locked_alarm(session: AsyncSession, actor: Actor, alarm_id: int) -> Alarm:
    """The alarm as it is now, locked until the transaction ends. Raises NotFound for another site's."""
    statement = select(Alarm).where(visible(actor, Alarm), col(Alarm.id) == alarm_id).with_for_update(key_share=True)
    alarm = (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()
    if alarm is None:
        raise NotFound()
    return alarm


async def _step(session: AsyncSession, actor: Actor, alarm_id: int, event: Step, kind: str, **further: Any) -> Alarm:
    alarm = await locked_alarm(session, actor, alarm_id)
    before = facts_of(alarm)
    await advance(session, alarm, event, kind, actor_id=actor.person_id, **further)
    await record_change(session, actor, kind, "alarm", alarm.id, changed_facts(before, facts_of(alarm)))
    return alarm
