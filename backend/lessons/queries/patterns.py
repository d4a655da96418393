"""Patterns for those who lead: the list, one with the records it rests on, and when they were last looked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.jobs import Job, JobStatus
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.incidents.models import Incident
from backend.lessons.models import MINE_JOB, LessonPattern, LessonRound
from backend.lessons.queries import records
from backend.lessons.queries.holding import held_by
from backend.lessons.queries.records import Row

MOST_SHOWN = 60


@dataclass(frozen=True)
class Overview:
    """What was found; ``looking``: a round is under way or waits."""

    patterns: Sequence[LessonPattern]
    round: LessonRound | None
    looking: bool


async def overview(session: AsyncSession, actor: Actor) -> Overview:
    """The patterns that the newest round found, the surest first."""
    found = await session.scalars(
        select(LessonPattern)
        .where(visible(actor, LessonPattern), col(LessonPattern.current))
        .order_by(col(LessonPattern.p), col(LessonPattern.id))
        .limit(MOST_SHOWN)
    )
    newest = await session.scalar(
        select(LessonRound).where(visible(actor, LessonRound)).order_by(col(LessonRound.id).desc()).limit(1)
    )
    waiting = await session.scalar(
        select(col(Job.id))
        .where(
            col(Job.kind) == MINE_JOB,
            col(Job.site_id) == actor.site_id,
            col(Job.status).in_((JobStatus.QUEUED, JobStatus.RUNNING)),
        )
        .limit(1)
    )
    return Overview(found.all(), newest, waiting is not None)


async def pattern_of(session: AsyncSession, actor: Actor, pattern_id: int) -> LessonPattern:
    """One pattern. Raises NotFound."""
    return await get_visible(session, actor, LessonPattern, pattern_id)


async def rows_of(session: AsyncSession, actor: Actor, refs: Sequence[str]) -> list[Row]:
    """The records by their refs (``incident:3``), in that order; those that the actor may not see are left out."""
    ids: dict[str, list[int]] = {}
    for ref in refs:
        kind, _, number = ref.partition(":")
        ids.setdefault(kind, []).append(int(number))
    found = [
        *await _incidents(session, actor, ids.get("incident", [])),
        *await _alarms(session, actor, ids.get("alarm", [])),
        *await _reports(session, actor, ids.get("report", [])),
        *await _rectifications(session, actor, ids.get("rectification", [])),
        *await records.lapses(session, actor, ids.get("lapse", [])),
        *await records.disposals(session, actor, ids.get("disposal", [])),
        *await held_by(session, actor, ids),
    ]
    known = {row.ref: row for row in found}
    return [known[ref] for ref in dict.fromkeys(refs) if ref in known]


async def _incidents(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    rows = await session.scalars(select(Incident).where(visible(actor, Incident), col(Incident.id).in_(ids)))
    return [
        Row(f"incident:{o.id}", f"/incidents/{o.id}", o.number, o.title, o.title_en, o.level, o.began_at) for o in rows
    ]


async def _alarms(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    rows = await session.scalars(select(Alarm).where(visible(actor, Alarm), col(Alarm.id).in_(ids)))
    return [Row(f"alarm:{o.id}", f"/alarms/{o.id}", "", o.title, o.title_en, o.level, o.raised_at) for o in rows]


async def _reports(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    rows = await session.scalars(
        select(HazardReport).where(visible(actor, HazardReport), col(HazardReport.id).in_(ids))
    )
    return [
        Row(f"report:{o.id}", f"/reports/{o.id}", o.number, o.title or o.details[:40], "", o.level, o.created_at)
        for o in rows
    ]


async def _rectifications(session: AsyncSession, actor: Actor, ids: list[int]) -> list[Row]:
    rows = await session.scalars(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id).in_(ids))
    )
    return [
        Row(f"rectification:{o.id}", f"/rectifications/{o.id}", o.number, o.title, "", o.level, o.created_at)
        for o in rows
    ]
