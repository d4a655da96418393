"""Trials, the changes that came of them, and what a trial needs to know of the past."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, AlarmState
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import system_query, visible
from backend.operations.alarmload.comparing import Needed
from backend.operations.alarmload.models import Purpose, Rationalisation, RuleTrial, TrialState

_NEEDED = """
SELECT a.id, a.limit_name, LEAST(a.reading_at, a.raised_at) AS from_at,
    COALESCE(a.returned_at, a.closed_at, now()) AS to_at, a.judgement = 'true' AS judged, i.id AS incident, i.began_at
FROM alarm a LEFT JOIN LATERAL (
    SELECT n.id, n.began_at FROM incident n
    WHERE n.site_id = a.site_id AND n.state <> 'called_off' AND (n.group_id = a.group_id OR EXISTS (
        SELECT FROM incident_source s WHERE s.incident_id = n.id
            AND ((s.kind = 'alarm' AND s.source_id = a.id) OR (s.kind = 'group' AND s.source_id = a.group_id))))
    ORDER BY n.began_at LIMIT 1) i ON true
WHERE a.site_id = :site AND a.rule_id = :rule AND a.raised_at >= :from_at AND a.raised_at < :to_at
    AND a.judgement <> 'false' AND (a.judgement = 'true' OR i.id IS NOT NULL)
ORDER BY a.raised_at
"""


@dataclass(frozen=True)
class Change:
    """A change that lowered the load, with who made it and the rule's name."""

    made: Rationalisation
    rule: AlarmRule
    person: Person


@system_query("the worker replays rules of every site")
async def needed(session: AsyncSession, site_id: int, rule_id: int, from_at: datetime, to_at: datetime) -> list[Needed]:
    """Alarms of the rule that mattered: judged true, or part of an incident (and not judged false)."""
    rows = await session.execute(text(_NEEDED), {"site": site_id, "rule": rule_id, "from_at": from_at, "to_at": to_at})
    return [
        Needed(
            row.id,
            row.limit_name,
            row.from_at.timestamp(),
            row.to_at.timestamp(),
            row.judged,
            row.incident,
            row.began_at.timestamp() if row.began_at else None,
        )
        for row in rows
    ]


async def changes(session: AsyncSession, actor: Actor, *, rule_id: int | None = None, most: int = 20) -> list[Change]:
    """The newest changes that came of a trial, of one rule or of all."""
    statement = (
        select(Rationalisation, AlarmRule, Person)
        .join(AlarmRule, col(AlarmRule.id) == col(Rationalisation.rule_id))
        .join(Person, col(Person.id) == col(Rationalisation.applied_by))
        .where(visible(actor, Rationalisation))
    )
    if rule_id is not None:
        statement = statement.where(col(Rationalisation.rule_id) == rule_id)
    found = await session.execute(statement.order_by(col(Rationalisation.id).desc()).limit(most))
    return [Change(*row) for row in found]


async def latest_suggestion(session: AsyncSession, actor: Actor, rule: AlarmRule) -> RuleTrial | None:
    """The newest search for a change to the rule as it stands."""
    statement = select(RuleTrial).where(
        visible(actor, RuleTrial),
        col(RuleTrial.rule_id) == rule.id,
        col(RuleTrial.rule_version) == rule.version,
        col(RuleTrial.purpose) == Purpose.SUGGEST,
    )
    return (await session.scalars(statement.order_by(col(RuleTrial.id).desc()).limit(1))).one_or_none()


@system_query("the worker goes on with trials of every site")
async def running_trial(session: AsyncSession, trial_id: int) -> RuleTrial | None:
    """The trial, locked, while it isn't done."""
    found = await session.execute(
        select(RuleTrial).where(col(RuleTrial.id) == trial_id, col(RuleTrial.state) == TrialState.RUNNING)
    )
    return found.scalar_one_or_none()


@system_query("the worker tells how far a trial of any site is")
async def tell_progress(session: AsyncSession, trial_id: int, share: float) -> None:
    """Write down how far it is, 0 … 1."""
    await session.execute(
        text("UPDATE rule_trial SET done_share = :share WHERE id = :id AND state = 'running'"),
        {"id": trial_id, "share": share},
    )


async def open_alarm(session: AsyncSession, actor: Actor, rule_id: int) -> int | None:
    """Id of the newest alarm of the rule that may be shelved."""
    found = await session.execute(
        select(col(Alarm.id))
        .where(
            visible(actor, Alarm),
            col(Alarm.rule_id) == rule_id,
            col(Alarm.state).not_in([AlarmState.CLOSED, AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE]),
        )
        .order_by(col(Alarm.id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()
