"""Whom to train in what: courses that cases of a year asked for, where people don't hold them. The worker calls it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.models import Site
from backend.identity.permissions import system_query
from backend.operations.decisions.rounds import WEIGHTS
from backend.training.causes import Case, asked_by, fits
from backend.training.models import CauseRule
from backend.training.queries import standings

YEAR = timedelta(days=365)
LEAST_CASES = 2
MOST_REFS = 50

_CASES = """
SELECT 'rectification:' || r.id AS ref, r.title || ' ' || r.cause AS words, r.level, e.id AS equipment_id,
    e.equipment_class, e.owner_post_id
FROM rectification r LEFT JOIN equipment e ON e.id = r.equipment_id
WHERE r.site_id = :site AND r.created_at >= :since AND r.state <> 'cancelled' AND r.parent_id IS NULL
ORDER BY r.id DESC
"""
_HOLDERS = """
SELECT h.post_id, h.person_id FROM post_holder h JOIN person p ON p.id = h.person_id
WHERE h.site_id = :site AND h.until IS NULL AND p.active
"""


@dataclass(frozen=True)
class Need:
    """A post that a course would do good: cases of a year, and who of its holders doesn't hold the course."""

    course_id: int
    post_id: int
    cases: Sequence[str]
    points: float
    lacking: Sequence[int]
    holders: int

    @property
    def share(self) -> float:
        """Of its holders those who lack it."""
        return len(self.lacking) / self.holders


@system_query("the worker finds out at every site")
async def needs(session: AsyncSession, site_id: int) -> list[Need]:
    """Course and post, those with most risk points in untrained hands first."""
    zone = await session.scalar(select(col(Site.time_zone)).where(col(Site.id) == site_id))
    today = now().astimezone(ZoneInfo(zone or "UTC")).date()
    rules = (await session.scalars(select(CauseRule).where(col(CauseRule.site_id) == site_id))).all()
    if not rules:
        return []
    holding = {(one.course_id, one.person_id) for one in await standings(session, site_id, today) if one.holds}
    holders: dict[int, list[int]] = defaultdict(list)
    for post_id, person_id in await session.execute(text(_HOLDERS), {"site": site_id}):
        holders[post_id].append(person_id)
    cases: dict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    for row in (await session.execute(text(_CASES), {"site": site_id, "since": now() - YEAR})).mappings():
        case = Case(row["ref"], row["words"], row["equipment_id"], row["equipment_class"] or "", row["owner_post_id"])
        for rule in rules:
            asked = asked_by(rule, case) if fits(rule, case) else None
            if asked and "post_id" in asked:
                cases[rule.course_id, asked["post_id"]][case.key] = WEIGHTS.get(row["level"], 1.0)
    found = []
    for (course_id, post_id), refs in cases.items():
        lacking = [person for person in holders[post_id] if (course_id, person) not in holding]
        if lacking and len(refs) >= LEAST_CASES:
            newest = list(refs)[:MOST_REFS]
            found.append(Need(course_id, post_id, newest, sum(refs.values()), lacking, len(holders[post_id])))
    return sorted(found, key=lambda one: -one.points * one.share)
