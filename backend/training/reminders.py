"""Reminds people of courses: once before the day they are due, once after it. The worker role calls it."""

from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.models import Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import runs
from backend.training.commands.assigning import NOTE_REMINDER
from backend.training.duties import Duty
from backend.training.models import Course
from backend.training.queries import Standing, standings
from backend.training.telling import AFTER, BEFORE, tell

REMIND_BEFORE = timedelta(days=2)
"""So long before its day a course is reminded of: time for three pages in a break."""
_KINDS = {"before": BEFORE, "after": AFTER}


def reminder(one: Standing, today: date) -> str:
    """``before`` or ``after`` when the person is to hear of the course today, else "". Pure."""
    if one.duty is Duty.OVERDUE:
        return "after"
    near = one.duty is Duty.DUE and one.due_on is not None and one.due_on - REMIND_BEFORE <= today
    return "before" if near else ""


@system_query("the worker reminds on all sites")
async def remind_learners(session: AsyncSession) -> int:
    """Tell who has a course due within ``REMIND_BEFORE``, or overdue, each once for a due day; gives how many.

    Two workers at once tell nobody twice: the note of it is unique.
    """
    told = 0
    sites = select(col(Site.id), col(Site.time_zone)).where(runs(col(Site.id), Module.TRAINING))
    for site_id, zone in (await session.execute(sites)).all():
        today = now().astimezone(ZoneInfo(zone)).date()
        due: dict[tuple[int, str, date], list[int]] = defaultdict(list)
        for one in await standings(session, site_id, today):
            kind = reminder(one, today)
            if kind and one.due_on:
                due[one.course_id, kind, one.due_on].append(one.person_id)
        for (course_id, kind, day), people in due.items():
            told += await _remind(session, site_id, course_id, kind, day, people)
    return told


@system_query("the worker reminds on all sites")
async def _remind(session: AsyncSession, site_id: int, course_id: int, kind: str, day: date, people: list[int]) -> int:
    values = {"site": site_id, "course": course_id, "kind": kind, "day": day, "people": people}
    told = list((await session.execute(text(NOTE_REMINDER), values)).scalars())
    course = await session.get_one(Course, course_id)
    if told:
        await tell(session, course, kind, _KINDS[kind], told)
    return len(told)
