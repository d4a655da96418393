"""Who must pass which course and how far they are, and whom a course can be assigned to."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Team
from backend.identity.permissions import visible
from backend.training.duties import Duty, duty
from backend.training.models import Course, TrainingAssignment
from backend.training.queries.learning import today_of

_MUST = """
WITH must AS (
    SELECT a.course_id, p.id AS person_id, min(a.due_on) AS due_on
    FROM training_assignment a
    JOIN person p ON p.site_id = a.site_id AND p.active AND (
        p.id = a.person_id OR p.team_id = a.team_id OR EXISTS (
            SELECT 1 FROM post_holder h WHERE h.post_id = a.post_id AND h.person_id = p.id AND h.until IS NULL))
    WHERE a.site_id = :site
    GROUP BY a.course_id, p.id
)
SELECT m.course_id, m.person_id, p.name, p.name_en, p.team_id, m.due_on, pass.passed_at, pass.valid_until
FROM must m
JOIN person p ON p.id = m.person_id
LEFT JOIN LATERAL (
    SELECT q.passed_at, q.valid_until FROM quiz_attempt q
    WHERE q.site_id = :site AND q.course_id = m.course_id AND q.person_id = m.person_id AND q.passed_at IS NOT NULL
    ORDER BY q.id DESC LIMIT 1
) pass ON true
ORDER BY m.course_id, m.due_on, p.name, p.id
"""


@dataclass(frozen=True)
class Standing:
    """How a course stands for one of those who must pass it. Days are the site's."""

    course_id: int
    person_id: int
    name: str
    name_en: str
    team_id: int | None
    duty: Duty
    due_on: date | None
    passed_at: datetime | None
    valid_until: date | None

    @property
    def holds(self) -> bool:
        """Whether they may work by it today: passed and not run out."""
        return self.duty is Duty.PASSED or (self.duty is Duty.DUE and self.passed_at is not None)

    @property
    def calls(self) -> bool:
        """Whether they have to learn now."""
        return self.duty in {Duty.DUE, Duty.OVERDUE}


@dataclass(frozen=True)
class Figures:
    """A course with how it stands for all who must pass it."""

    course: Course
    standings: list[Standing]

    @property
    def missing(self) -> list[Standing]:
        """Those who haven't passed it, or not any more; who is late comes first."""
        without = [one for one in self.standings if not one.holds]
        return sorted(without, key=lambda one: one.duty is not Duty.OVERDUE)

    @property
    def late(self) -> int:
        """How many are beyond their day."""
        return sum(one.duty is Duty.OVERDUE for one in self.standings)


@dataclass(frozen=True)
class Target:
    """Whom an assignment or rule names: kind is ``team``, ``post``, ``person``, or "" for who answers for it."""

    kind: str
    name: str = ""
    name_en: str = ""


async def standings(session: AsyncSession, site_id: int, today: date) -> list[Standing]:
    """All who must pass a course of the site, by course and due day, as it stands on the site's day ``today``."""
    found = []
    for row in (await session.execute(text(_MUST), {"site": site_id})).mappings():
        passed, until = row["passed_at"] is not None, row["valid_until"]
        stands, day = duty(today, due_on=row["due_on"], passed=passed, valid_until=until)
        found.append(Standing(**(dict(row) | {"duty": stands, "due_on": day})))
    return found


async def figures(session: AsyncSession, actor: Actor) -> list[Figures]:
    """Each course with how it stands for who must pass it now; who holds a post later counts at once."""
    courses = (await session.scalars(select(Course).where(visible(actor, Course)).order_by(col(Course.id)))).all()
    by_course: dict[int, list[Standing]] = defaultdict(list)
    for one in await standings(session, actor.site_id, today_of(actor)):
        by_course[one.course_id].append(one)
    return [Figures(course, by_course[course.id]) for course in courses]


async def targets(session: AsyncSession, actor: Actor) -> tuple[list[Team], list[Post], list[Person]]:
    """Whom a course can be assigned to."""
    teams = (await session.scalars(select(Team).where(visible(actor, Team)).order_by(col(Team.code)))).all()
    posts = (await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.code)))).all()
    people = await session.scalars(
        select(Person).where(visible(actor, Person), col(Person.active)).order_by(col(Person.name))
    )
    return list(teams), list(posts), list(people.all())


async def target_ids(session: AsyncSession, actor: Actor, target: str) -> dict[str, Any] | None:
    """``team:3``, ``post:4`` or ``person:5`` as the column that names it; None when there is no such."""
    kind, _, id_ = target.partition(":")
    teams, posts, people = await targets(session, actor)
    ids = {"team": {t.id for t in teams}, "post": {p.id for p in posts}, "person": {p.id for p in people}}
    fits = id_.isascii() and id_.isdecimal() and len(id_) < 19 and int(id_) in ids.get(kind, set())
    return {f"{kind}_id": int(id_)} if fits else None


async def assignments(session: AsyncSession, actor: Actor, course_id: int) -> list[tuple[TrainingAssignment, Target]]:
    """The course's assignments with whom they name, the next due first."""
    statement = (
        select(TrainingAssignment, Team, Post, Person)
        .outerjoin(Team, col(Team.id) == col(TrainingAssignment.team_id))
        .outerjoin(Post, col(Post.id) == col(TrainingAssignment.post_id))
        .outerjoin(Person, col(Person.id) == col(TrainingAssignment.person_id))
        .where(visible(actor, TrainingAssignment), col(TrainingAssignment.course_id) == course_id)
        .order_by(col(TrainingAssignment.due_on), col(TrainingAssignment.id))
    )
    return [(one, target_of(team, post, person)) for one, team, post, person in await session.execute(statement)]


async def locked_assignment(
    session: AsyncSession, actor: Actor, course_id: int, assignment_id: int
) -> TrainingAssignment:
    """The course's assignment, locked until the transaction ends. Raises NotFound."""
    statement = select(TrainingAssignment).where(
        visible(actor, TrainingAssignment),
        col(TrainingAssignment.id) == assignment_id,
        col(TrainingAssignment.course_id) == course_id,
    )
    found = (await session.execute(statement.with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def target_of(team: Team | None, post: Post | None, person: Person | None) -> Target:
    for kind, named in (("team", team), ("post", post), ("person", person)):
        if named is not None:
            return Target(kind, named.name, named.name_en)
    return Target("")
