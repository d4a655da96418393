"""One step of one alarm, whoever takes it: lifecycle, row, event, deadlines and group, together."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.commands.making import TRACE_JOB
from backend.alarms.lifecycle import CALLING, Facts, Refusal, Step, facts_of, step
from backend.alarms.models import Alarm, AlarmState, Level
from backend.alarms.queries.watching import ladder_of
from backend.core.clock import now
from backend.core.errors import Conflict
from backend.core.events import record_event
from backend.core.jobs import enqueue

EVENT_WORDS: dict[str, tuple[str, str]] = {
    "alarm.raised": ("", ""),
    "alarm.returned": ("已恢复：", "Returned: "),
    "alarm.acknowledged": ("已确认：", "Acknowledged: "),
    "alarm.shelved": ("已搁置：", "Shelved: "),
    "alarm.unshelved": ("搁置结束：", "Off the shelf: "),
    "alarm.out_of_service": ("退出服务：", "Out of service: "),
    "alarm.back_in_service": ("恢复服务：", "Back in service: "),
    "alarm.closed": ("已关闭：", "Closed: "),
    "alarm.noted": ("备注：", "Note: "),
    "alarm.judged_false": ("判为误报：", "Judged false: "),
    "alarm.judged_true": ("判为真实：", "Judged true: "),
    "alarm.escalated": ("请处理：", "Please handle: "),
    "alarm.repeated": ("仍未确认：", "Still unacknowledged: "),
    "alarm.nobody_reached": ("无人可通知：", "Nobody to tell: "),
}
"""What stands before the alarm's title on a phone, by kind of event, in both languages."""


async def tell(session: AsyncSession, alarm: Alarm, kind: str, *, actor_id: int | None = None, **further: Any) -> None:
    """Record an event of ``alarm`` with what phones and timelines show; ``further`` joins its data."""
    await record_event(
        session,
        site_id=alarm.site_id,
        kind=kind,
        subject="alarm",
        subject_id=alarm.id,
        level=alarm.level,
        actor_id=actor_id,
        data=told_of(alarm, kind) | further,
    )


def told_of(alarm: Alarm, kind: str) -> dict[str, Any]:
    """What phones and timelines show of ``alarm`` as it stands, for an event of ``kind``."""
    zh, en = EVENT_WORDS[kind]
    return {
        "title_zh": zh + alarm.title,
        "title_en": en + alarm.title_en,
        "url": f"/alarms/{alarm.id}",
        "level": alarm.level,
        "state": alarm.state,
        "warning": alarm.warning,
        "point_id": alarm.point_id,
        "equipment_id": alarm.equipment_id,
        "area_id": alarm.area_id,
        "group_id": alarm.group_id,
        "value": alarm.value,
    }


async def advance(
    session: AsyncSession, alarm: Alarm, event: Step, kind: str, *, actor_id: int | None = None, **further: Any
) -> bool:
    """Take one step of a locked alarm and tell of it. False when it changes nothing.

    Raises Conflict with the refusal's words when the alarm's state doesn't allow it.
    """
    before = facts_of(alarm)
    after = step(before, event)
    if isinstance(after, Refusal):
        raise Conflict(after.value)
    if after == before:
        return False
    for field in fields(Facts):
        setattr(alarm, field.name, getattr(after, field.name))
    session.add(alarm)
    await session.flush()
    await tell(session, alarm, kind, actor_id=actor_id, **further)
    if after.state == AlarmState.CLOSED:
        if kind != "alarm.closed":
            await tell(session, alarm, "alarm.closed", actor_id=actor_id)
        await _close_emptied_group(session, alarm)
    await _keep_deadlines(session, alarm, before, after)
    return True


async def start_ladder(session: AsyncSession, alarm: Alarm, since: datetime) -> None:
    """Set the first deadline by which somebody is told. Nothing when one is pending."""
    ladder = await ladder_of(session, alarm.site_id, Level(alarm.level))
    await set_deadline(session, alarm.site_id, alarm.id, 0, ladder.first_due(since))


async def set_deadline(session: AsyncSession, site_id: int, alarm_id: int, rung: int, due_at: datetime) -> None:
    """Insert the one pending deadline of an alarm; the unique index refuses a second."""
    await session.execute(
        text(
            "INSERT INTO escalation(site_id, alarm_id, step, due_at, outcome, told) "
            "VALUES (:site, :alarm, :step, :due, '', '[]') "
            "ON CONFLICT (alarm_id) WHERE done_at IS NULL DO NOTHING"
        ),
        {"site": site_id, "alarm": alarm_id, "step": rung, "due": due_at},
    )


async def _keep_deadlines(session: AsyncSession, alarm: Alarm, before: Facts, after: Facts) -> None:
    if after.state in CALLING and before.state not in CALLING:
        await start_ladder(session, alarm, now())
    elif before.state in CALLING and after.state not in CALLING:
        await session.execute(
            text(
                "UPDATE escalation SET done_at = :at, outcome = 'cancelled' "
                "WHERE site_id = :site AND alarm_id = :id AND done_at IS NULL"
            ),
            {"site": alarm.site_id, "id": alarm.id, "at": now()},
        )


async def _close_emptied_group(session: AsyncSession, alarm: Alarm) -> None:
    if alarm.group_id is None:
        return
    closed = await session.execute(
        text(
            "UPDATE alarm_group SET closed_at = :at WHERE site_id = :site AND id = :id AND closed_at IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM alarm WHERE group_id = :id AND state <> 'closed') RETURNING id"
        ),
        {"site": alarm.site_id, "id": alarm.group_id, "at": now()},
    )
    if closed.first() is not None:
        review = {"group_id": alarm.group_id, "review": True}
        await enqueue(session, TRACE_JOB, review, site_id=alarm.site_id, dedupe_key=f"{alarm.group_id}:review")


def changed_facts(before: Facts, after: Facts) -> dict[str, list[Any]]:
    """``{"field": [before, after]}`` for the audit entry, moments as ISO text."""
    pairs = ((field.name, getattr(before, field.name), getattr(after, field.name)) for field in fields(Facts))
    return {name: [_plain(old), _plain(new)] for name, old, new in pairs if old != new}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
