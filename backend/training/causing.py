"""Assigns courses by cause: reads the event log for confirmed root causes and new rectifications. Worker role.

The reader's place moves in the transaction that assigns, so each case is looked at once.
"""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.events import Entry, take_settled
from backend.identity.models import Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import is_on
from backend.training.causes import Case, asked_by, due_day, fits
from backend.training.models import CauseRule, Course, TrainingAssignment
from backend.training.queries import standings
from backend.training.telling import ASSIGNED, tell

_CONFIRMED = """
SELECT t.confirmation_note AS words, e.id, e.equipment_class, e.owner_post_id
FROM trace t
LEFT JOIN LATERAL (
    SELECT c ->> 'equipment_id' AS equipment FROM jsonb_array_elements(t.result -> 'causes') c
    WHERE c ->> 'node' = t.confirmed_node LIMIT 1
) cause ON true
LEFT JOIN equipment e ON e.site_id = t.site_id
    AND e.id = COALESCE(cause.equipment, substring(t.confirmed_node FROM '^equipment:([0-9]{1,18})'))::bigint
WHERE t.id = :id AND t.site_id = :site
"""
_OPENED = """
SELECT r.title || ' ' || r.cause AS words, e.id, e.equipment_class, e.owner_post_id
FROM rectification r LEFT JOIN equipment e ON e.id = r.equipment_id AND e.site_id = r.site_id
WHERE r.id = :id AND r.site_id = :site
"""
_CASES = {"trace.confirmed", "rectification.opened"}
"""Events that are a case."""


@system_query("the worker assigns on all sites")
async def assign_by_cause(session: AsyncSession) -> int:
    """Assign the courses that new cases call for; gives how many assignments were made."""
    made = 0
    for event in await take_settled(session, "training"):
        if event.kind in _CASES and await is_on(session, event.site_id, Module.TRAINING):
            made += await _consider(session, event)
    return made


@system_query("the worker assigns on all sites")
async def _consider(session: AsyncSession, event: Entry) -> int:
    rules = (await session.scalars(select(CauseRule).where(col(CauseRule.site_id) == event.site_id))).all()
    if not rules:
        return 0
    facts = text(_CONFIRMED) if event.subject == "trace" else text(_OPENED)
    found = await session.execute(facts, {"id": event.subject_id, "site": event.site_id})
    row = found.mappings().one_or_none()
    case = _case(event, row) if row else None
    return sum([await _apply(session, rule, case) for rule in rules if fits(rule, case)]) if case else 0


def _case(event: Entry, row: RowMapping) -> Case:
    key = f"{event.subject}:{event.subject_id}"
    return Case(key, row["words"], row["id"], row["equipment_class"] or "", row["owner_post_id"])


@system_query("the worker assigns on all sites")
async def _apply(session: AsyncSession, rule: CauseRule, case: Case) -> bool:
    """Make the assignment, unless the case made it before or the same people are asked already. Tells who is new."""
    asked = asked_by(rule, case)
    zone = await session.scalar(select(col(Site.time_zone)).where(col(Site.id) == rule.site_id))
    today = now().astimezone(ZoneInfo(zone or "UTC")).date()
    if asked is None or await _asked_already(session, rule, case, asked):
        return False
    before = {one.person_id for one in await standings(session, rule.site_id, today) if one.course_id == rule.course_id}
    assignment = TrainingAssignment(
        site_id=rule.site_id,
        course_id=rule.course_id,
        due_on=due_day(rule, today),
        cause_rule_id=rule.id,
        cause=case.key,
        **asked,
    )
    session.add(assignment)
    await session.flush()
    called = [one for one in await standings(session, rule.site_id, today) if one.course_id == rule.course_id]
    told = {one.person_id for one in called if one.calls and one.person_id not in before}
    await tell(session, await session.get_one(Course, rule.course_id), "assigned", ASSIGNED, told)
    return True


@system_query("the worker assigns on all sites")
async def _asked_already(session: AsyncSession, rule: CauseRule, case: Case, asked: dict[str, Any]) -> bool:
    (name, id_) = next(iter(asked.items()))
    of_it = select(col(TrainingAssignment.id)).where(
        col(TrainingAssignment.site_id) == rule.site_id,
        col(TrainingAssignment.course_id) == rule.course_id,
        (col(getattr(TrainingAssignment, name)) == id_)
        | ((col(TrainingAssignment.cause_rule_id) == rule.id) & (col(TrainingAssignment.cause) == case.key)),
    )
    return (await session.execute(of_it.limit(1))).first() is not None
