"""Starter courses, into a site that doesn't have them yet. System role.

``courses/*.json``: ``title``, ``title_en`` and a ``training.content.Content``. The courses on using AnSu go to every
site; those whose name begins with ``tep-`` belong to the pack of the Tennessee Eastman process.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.models import Person, Role
from backend.identity.permissions import system_query
from backend.training.content import read_content
from backend.training.models import Course, CourseVersion, TrainingAssignment

FOLDER = Path(__file__).with_name("courses")
DEMO_DUE = timedelta(days=14)
_ROLES = {
    "ansu-worker": {Role.WORKER},
    "ansu-leader": {Role.LEADER},
    "ansu-manager": {Role.MANAGER},
    "ansu-officer": {Role.SAFETY_OFFICER},
    "ansu-admin": {Role.ADMIN},
}


@system_query("an installation works on behalf of no person")
async def install_courses(session: AsyncSession, site_id: int, pack_code: str = "") -> list[int]:
    """Add what the site lacks of the courses for all and for ``pack_code``; gives the ids of those added."""
    known = set((await session.execute(select(col(Course.code)).where(col(Course.site_id) == site_id))).scalars())
    added = []
    for path in sorted(FOLDER.glob("*.json")):
        wanted = path.stem.startswith("ansu-") or (pack_code and path.stem.startswith(f"{pack_code}-"))
        if not wanted or path.stem in known:
            continue
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        course = Course(site_id=site_id, code=path.stem, title=document["title"], title_en=document["title_en"])
        session.add(course)
        await session.flush()
        content = msgspec.to_builtins(read_content(document))
        session.add(CourseVersion(site_id=site_id, course_id=course.id, content=content))
        added.append(course.id)
    await session.flush()
    return added


@system_query("an installation works on behalf of no person")
async def assign_to_sample_people(session: AsyncSession, site_id: int, today: date) -> None:
    """Ask the sample people of a demo to learn: each role its course on AnSu, the teams those on the plant's risks."""
    courses = (await session.execute(select(Course).where(col(Course.site_id) == site_id))).scalars().all()
    people = (await session.execute(select(Person).where(col(Person.site_id) == site_id))).scalars().all()
    teams = sorted({person.team_id for person in people if person.team_id})
    for course in courses:
        roles = _ROLES.get(course.code)
        asked: dict[str, Any] = {"site_id": site_id, "course_id": course.id, "due_on": today + DEMO_DUE}
        if roles:
            session.add_all(TrainingAssignment(**asked, person_id=one.id) for one in people if one.role in roles)
        else:
            session.add_all(TrainingAssignment(**asked, team_id=team_id) for team_id in teams)
    await session.flush()
