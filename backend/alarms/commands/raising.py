"""What machines do: a condition came, a condition went. Called by ingest (``alarms.judge``) and the watchdog."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.stepping import advance, start_ladder, tell
from backend.alarms.grouping import GROUP_WINDOW, Neighbourhood, OpenGroup, group_for
from backend.alarms.lifecycle import Raise, Return, first
from backend.alarms.models import Alarm, AlarmGroup, AlarmState, Level, RuleKind
from backend.core.clock import now
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query

TRACE_JOB = "trace.make"
_ALONE = Neighbourhood()


@dataclass(frozen=True)
class Occurrence:
    """A condition that holds: what the alarm's row needs. ``reading_at`` is the moment it came, UTC."""

    site_id: int
    condition_key: str
    kind: str
    level: Level
    title: str
    title_en: str
    rule_id: int | None = None
    rule_version: int = 1
    limit_name: str = ""
    warning: bool = False
    latched: bool = False
    value: float | None = None
    limit_value: float | None = None
    point_id: int | None = None
    equipment_id: int | None = None
    area_id: int | None = None
    reading_at: datetime | None = None


async def hold_site(session: AsyncSession, site_id: int) -> None:
    """Until the transaction ends, nobody else raises in this site: floods then find their group.

    Whoever raises takes this before any alarm's row, so that two batches can't wait for each other.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(7290, CAST(:site AS int))"), {"site": site_id})


@system_query("ingest and watchdog raise for every site")
async def raise_alarm(session: AsyncSession, occurrence: Occurrence, near: Neighbourhood = _ALONE) -> Alarm:
    """The one open alarm of a condition: made now, or the one that is open already, raised again.

    ``near`` tells which equipment is joined, to find the flood it belongs to.
    """
    await hold_site(session, occurrence.site_id)
    while True:
        alarm = await _open_alarm(session, occurrence.site_id, occurrence.condition_key)
        if alarm is not None:
            await _raise_again(session, alarm, occurrence)
            return alarm
        alarm = await _insert(session, occurrence, near)
        if alarm is not None:
            break
    await start_ladder(session, alarm, alarm.raised_at)
    await tell(session, alarm, "alarm.raised")
    await _ask_for_trace(session, alarm)
    return alarm


@system_query("ingest and watchdog clear for every site")
async def clear_alarm(session: AsyncSession, site_id: int, condition_key: str, at: datetime) -> Alarm | None:
    """The condition has gone at ``at``; None when no alarm of it is open."""
    alarm = await _open_alarm(session, site_id, condition_key)
    if alarm is not None:
        await advance(session, alarm, Return(max(at, alarm.last_raised_at)), "alarm.returned")
    return alarm


async def raise_system_alarm(
    session: AsyncSession, site_id: int, key: str, title_zh: str, title_en: str, level: Level
) -> Alarm:
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


async def _open_alarm(session: AsyncSession, site_id: int, condition_key: str) -> Alarm | None:
    statement = (
        select(Alarm)
        .where(
            col(Alarm.site_id) == site_id,
            col(Alarm.condition_key) == condition_key,
            col(Alarm.state) != AlarmState.CLOSED,
        )
        .with_for_update()
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
    await _ask_for_trace(session, alarm)


async def _insert(session: AsyncSession, occurrence: Occurrence, near: Neighbourhood) -> Alarm | None:
    raised_at = now()
    facts = first(occurrence.level, occurrence.latched, raised_at)
    group_id = await _group(session, occurrence, raised_at, near) if occurrence.kind != RuleKind.SYSTEM else None
    statement = (
        insert(Alarm)
        .values(
            **asdict(occurrence) | {"latched": facts.latched},
            group_id=group_id,
            state=facts.state,
            active=True,
            raised_at=raised_at,
            last_raised_at=raised_at,
            times_raised=1,
            shelved_reason="",
            judgement="",
            judgement_note="",
        )
        .on_conflict_do_nothing(index_elements=["site_id", "condition_key"], index_where=text("state <> 'closed'"))
        .returning(Alarm)
    )
    return (await session.execute(statement)).scalar_one_or_none()


_RECENT_GROUPS = text(
    "SELECT g.id, g.last_raised_at, array_agg(DISTINCT a.equipment_id) AS equipment_ids "
    "FROM alarm_group g JOIN alarm a ON a.group_id = g.id "
    "WHERE g.site_id = :site AND g.closed_at IS NULL AND g.last_raised_at >= :since "
    "AND a.equipment_id IS NOT NULL GROUP BY g.id"
).bindparams(bindparam("site"), bindparam("since"))


async def _group(session: AsyncSession, occurrence: Occurrence, at: datetime, near: Neighbourhood) -> int:
    rows = await session.execute(_RECENT_GROUPS, {"site": occurrence.site_id, "since": at - GROUP_WINDOW})
    groups = [OpenGroup(row.id, row.last_raised_at, frozenset(row.equipment_ids)) for row in rows]
    joined = group_for(occurrence.equipment_id, at, groups, near)
    if joined is not None:
        await session.execute(
            text("UPDATE alarm_group SET last_raised_at = :at WHERE id = :id"), {"at": at, "id": joined}
        )
        return joined
    group = AlarmGroup(site_id=occurrence.site_id, opened_at=at, last_raised_at=at)
    session.add(group)
    await session.flush()
    return group.id


async def _ask_for_trace(session: AsyncSession, alarm: Alarm) -> None:
    if alarm.group_id is not None:
        await enqueue(
            session,
            TRACE_JOB,
            {"group_id": alarm.group_id},
            site_id=alarm.site_id,
            dedupe_key=str(alarm.group_id),
        )
