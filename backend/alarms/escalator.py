"""Deadlines made true: who is told when nobody acknowledges, and an audit that no deadline is missing.

The worker calls ``escalate_due`` and ``expire_shelving`` every few seconds and ``escalation_audit`` every 30 s.
Each call is one transaction that the caller commits; a worker that dies before leaves the rows due.
"""

from datetime import datetime

import structlog
from prometheus_client import Counter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.stepping import advance, set_deadline, tell
from backend.alarms.escalation import Ladder
from backend.alarms.lifecycle import CALLING, Unshelve
from backend.alarms.models import Alarm, AlarmState, Escalation, Level
from backend.alarms.queries.watching import ladder_of, people_to_tell
from backend.core.clock import now
from backend.identity.permissions import system_query

log = structlog.get_logger()

AT_ONCE = 200

TOLD = Counter("ansu_escalations_total", "Deadlines that passed unacknowledged", ["outcome"])
REPAIRED = Counter("ansu_escalations_repaired_total", "Unacknowledged alarms the audit found without a deadline")


@system_query("the worker escalates the alarms of all sites")
async def escalate_due(session: AsyncSession) -> list[int]:
    """Pass every deadline that is due; gives the ids of the alarms of which somebody was told (or nobody could be)."""
    at = now()
    due = (
        select(Escalation, Alarm)
        .join(Alarm, col(Alarm.id) == col(Escalation.alarm_id))
        .where(col(Escalation.done_at).is_(None), col(Escalation.due_at) <= at)
        .order_by(col(Escalation.due_at))
        .limit(AT_ONCE)
        .with_for_update(of=Escalation, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    told = []
    for escalation, alarm in (await session.execute(due)).all():
        if alarm.state in CALLING:
            await _pass_deadline(session, escalation, alarm, at)
            told.append(alarm.id)
        else:
            escalation.done_at, escalation.outcome = at, "cancelled"
    return told


async def _pass_deadline(session: AsyncSession, escalation: Escalation, alarm: Alarm, at: datetime) -> None:
    ladder = await ladder_of(session, alarm.site_id, Level(alarm.level))
    people = await people_to_tell(session, alarm.site_id, alarm.area_id, ladder.roles_at(escalation.step))
    escalation.done_at, escalation.told = at, people
    escalation.outcome = "told" if people else "nobody"
    session.add(escalation)
    await session.flush()
    following = ladder.next_due(escalation.step, escalation.due_at, at)
    await set_deadline(session, alarm.site_id, alarm.id, escalation.step + 1, following)
    await tell(session, alarm, _kind(ladder, escalation), told=people, step=escalation.step)
    TOLD.labels(escalation.outcome).inc()


def _kind(ladder: Ladder, escalation: Escalation) -> str:
    if escalation.outcome == "nobody":
        return "alarm.nobody_reached"
    return "alarm.repeated" if ladder.repeats(escalation.step) else "alarm.escalated"


@system_query("the audit looks at the alarms of all sites")
async def escalation_audit(session: AsyncSession) -> list[int]:
    """Unacknowledged alarms without a pending deadline get one that is due now; gives their ids (normally none)."""
    missing = await session.execute(
        text(
            "SELECT a.id, a.site_id, COALESCE((SELECT max(e.step) + 1 FROM escalation e WHERE e.alarm_id = a.id "
            "AND e.outcome IN ('told', 'nobody') AND e.done_at >= a.last_raised_at), 0) AS step FROM alarm a "
            "WHERE a.state = ANY(CAST(:calling AS text[])) AND NOT EXISTS "
            "(SELECT 1 FROM escalation e WHERE e.alarm_id = a.id AND e.done_at IS NULL) "
            "ORDER BY a.id FOR NO KEY UPDATE OF a SKIP LOCKED"
        ),
        {"calling": sorted(CALLING)},
    )
    repaired = []
    for alarm_id, site_id, step in missing.all():
        log.error("escalation.missing", alarm_id=alarm_id, step=step)
        await set_deadline(session, site_id, alarm_id, step, now())
        repaired.append(alarm_id)
    REPAIRED.inc(len(repaired))
    return repaired


@system_query("the worker ends the shelving of all sites' alarms")
async def expire_shelving(session: AsyncSession) -> list[int]:
    """Alarms whose time on the shelf is over call again if their condition holds; gives their ids."""
    over = (
        select(Alarm)
        .where(col(Alarm.state) == AlarmState.SHELVED, col(Alarm.shelved_until) <= now())
        .order_by(col(Alarm.id))
        .limit(AT_ONCE)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    alarms = (await session.execute(over)).scalars().all()
    for alarm in alarms:
        await advance(session, alarm, Unshelve(now()), "alarm.unshelved")
    return [alarm.id for alarm in alarms]
