"""What was changed while an indicator moved: measures adopted from lessons, versions of rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import AlarmRule
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from backend.identity.permissions import visible
from backend.lessons.models import IN_FORCE, Suggestion
from backend.operations.indicators.windows import Window

MOST = 12


@dataclass(frozen=True)
class Marker:
    """A change at ``at``: ``kind`` ``measure`` or ``rule``, ``id`` of the suggestion or of the audit entry."""

    kind: str
    id: int
    at: datetime
    title: str
    title_en: str
    url: str


async def markers(session: AsyncSession, actor: Actor, window: Window) -> Sequence[Marker]:
    """Changes within ``window``, the newest ``MOST``, the first first."""
    since, until = window.bounds(actor.zone)
    adopted = await session.execute(
        select(col(Suggestion.id), col(Suggestion.decided_at), col(Suggestion.words), col(Suggestion.words_en))
        .where(
            visible(actor, Suggestion),
            col(Suggestion.state).in_(IN_FORCE),
            col(Suggestion.decided_at) >= since,
            col(Suggestion.decided_at) < until,
        )
        .order_by(col(Suggestion.decided_at).desc())
        .limit(MOST)
    )
    edited = await session.execute(
        select(
            col(AuditEntry.id),
            col(AuditEntry.at),
            col(AlarmRule.name),
            func.coalesce(func.nullif(col(AlarmRule.name_en), ""), col(AlarmRule.name)),
            col(AlarmRule.id),
        )
        .join(AlarmRule, col(AlarmRule.id) == col(AuditEntry.object_id))
        .where(
            visible(actor, AuditEntry),
            col(AuditEntry.object_type) == "alarm_rule",
            col(AuditEntry.action) == "rule.edit",
            col(AuditEntry.at) >= since,
            col(AuditEntry.at) < until,
        )
        .order_by(col(AuditEntry.id).desc())
        .limit(MOST)
    )
    found = [
        Marker("measure", id_, at, zh, en or zh, f"/lessons/suggestions/{id_}") for id_, at, zh, en in adopted if at
    ]
    found += [Marker("rule", id_, at, zh, en, f"/rules/{rule}") for id_, at, zh, en, rule in edited]
    return sorted(sorted(found, key=lambda one: one.at)[-MOST:], key=lambda one: one.at)
