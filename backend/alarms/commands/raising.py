"""What machines do: a condition came, a condition went. Called by ingest (``alarms.judge``) and the watchdog."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.making import SITE_LOCK, TRACE_JOB, Occurrence, insert_alarm
from backend.alarms.commands.stepping import advance
from backend.alarms.grouping import Neighbourhood
from backend.alarms.lifecycle import Raise, Return
from backend.alarms.models import Alarm, AlarmState, Level, RuleKind
from backend.core.clock import now
from backend.core.database import driver_connection
from backend.core.jobs import enqueue, ring_when_committed
from backend.identity.permissions import system_query

_ALONE = Neighbourhood()


@system_query("ingest and watchdog raise for every site")
async def raise_alarm(session: AsyncSession, occurrence: Occurrence, near: Neighbourhood = _ALONE) -> int:
    """Id of the one open alarm of a condition: made now, or the one that is open already, raised again.

    ``near`` tells which equipment is joined, to find the flood it belongs to.
    """
    await hold_site(session, occurrence.site_id)
    connection = await driver_connection(session)
    while True:
        made = await insert_alarm(connection, occurrence, near)
        if made is not None:
            ring_when_committed(session, made.job_id)
            return made.alarm_id
        alarm = await _open_alarm(session, occurrence.site_id, occurrence.condition_key)
        if alarm is not None:
            await _raise_again(session, alarm, occurrence)
            return alarm.id


async def hold_site(session: AsyncSession, site_id: int) -> None:
    """Until the transaction ends, nobody else raises in this site: floods then find their group.

    Whoever raises takes this before any alarm's row, so that two batches can't wait for each other.
    """
    held = session.info.setdefault("alarm_sites_held", {})
    transaction = session.get_transaction()
    if held.get(site_id) is not transaction or transaction is None:
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:lock, CAST(:site AS int))"), {"lock": SITE_LOCK, "site": site_id}
        )
        held[site_id] = session.get_transaction()


@system_query("ingest and watchdog clear for every site")
async def clear_alarm(session: AsyncSession, site_id: int, condition_key: str, at: datetime) -> Alarm | None:
    """The condition has gone at ``at``; None when no alarm of it is open."""
    alarm = await _open_alarm(session, site_id, condition_key)
    if alarm is not None:
        await advance(session, alarm, Return(max(at, alarm.last_raised_at)), "alarm.returned")
    return alarm


async def raise_system_alarm(
    session: AsyncSession, site_id: int, key: str, title_zh: str, title_en: str, level: Level
) -> int:
    """AnSu itself is not well (canary silent, dead jobs). ``key`` names what, e.g. ``canary``; once open at a time."""
    return await raise_alarm(
        session,
        Occurrence(
            site_id=site_id,
            condition_key=f"system:{key}",
            kind=RuleKind.SYSTEM,
            level=level,
            title=title_zh,
            title_en=title_en,
            reading_at=now(),
        ),
    )


async def clear_system_alarm(session: AsyncSession, site_id: int, key: str) -> Alarm | None:
    """What ``key`` names is well again."""
    return await clear_alarm(session, site_id, f"system:{key}", now())


@system_query("ingest and watchdog look for the open alarm of every site's conditions")
async def _open_alarm(session: AsyncSession, site_id: int, condition_key: str) -> Alarm | None:
    statement = (
        select(Alarm)
        .where(
            col(Alarm.site_id) == site_id,
            col(Alarm.condition_key) == condition_key,
            col(Alarm.state) != AlarmState.CLOSED,
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def _raise_again(session: AsyncSession, alarm: Alarm, occurrence: Occurrence) -> None:
    at = occurrence.reading_at or now()
    if alarm.active:
        return
    alarm.value, alarm.limit_value = occurrence.value, occurrence.limit_value
    alarm.title, alarm.title_en = occurrence.title, occurrence.title_en
    alarm.rule_version, alarm.reading_at = occurrence.rule_version, occurrence.reading_at
    await advance(session, alarm, Raise(at), "alarm.raised", again=True)
    await _ask_for_trace(session, alarm.site_id, alarm.group_id)


async def _ask_for_trace(session: AsyncSession, site_id: int, group_id: int | None) -> None:
    if group_id is not None:
        await enqueue(session, TRACE_JOB, {"group_id": group_id}, site_id=site_id, dedupe_key=str(group_id))
