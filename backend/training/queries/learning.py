"""Courses as one learns them: how they stand for the actor, and tries at their quizzes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, of_own_team, visible
from backend.training.content import Content, read_content
from backend.training.duties import Duty, duty
from backend.training.models import Course, CourseVersion, QuizAttempt, TrainingAssignment, TrainingRecord


@dataclass(frozen=True)
class Learning:
    """A course as it stands for one person."""

    course: Course
    duty: Duty
    due_on: date | None
    valid_until: date | None
    begun: bool
    """Whether a quiz that the person began waits to be handed in."""


def today_of(actor: Actor) -> date:
    """The present day of the actor's site."""
    return now().astimezone(actor.zone).date()


async def mine(session: AsyncSession, actor: Actor) -> list[Learning]:
    """All courses of the site as they stand for the actor, what is due first."""
    today = today_of(actor)
    found = []
    for course, due_on, passed_at, until, begun in await session.execute(_courses(actor)):
        stands, day = duty(today, due_on=due_on, passed=passed_at is not None, valid_until=until)
        found.append(Learning(course, stands, day, until, bool(begun)))
    return sorted(found, key=lambda one: (list(Duty).index(one.duty), one.due_on or date.max))


@made_once
def _courses(actor: Actor) -> Select[Any]:
    """All of the site, with the day until which the actor is to learn it, when they last passed it, until when that
    holds, and whether a quiz is open."""
    due, tries = _assigned(actor).subquery(), _own_tries(actor).subquery()
    return (
        select(Course, due.c.due_on, tries.c.passed_at, tries.c.valid_until, tries.c.begun)
        .outerjoin(due, due.c.course_id == col(Course.id))
        .outerjoin(tries, tries.c.course_id == col(Course.id))
        .where(visible(actor, Course))
        .order_by(col(Course.id))
    )


async def due_count(session: AsyncSession, actor: Actor) -> int:
    """How many courses the actor has to learn now."""
    return sum(one.duty in {Duty.DUE, Duty.OVERDUE} for one in await mine(session, actor))


def _assigned(actor: Actor) -> Select[int, date]:
    """First due day of each course that is assigned to the actor, their posts of now or their team."""
    course, due_on = col(TrainingAssignment.course_id), col(TrainingAssignment.due_on)
    return (
        select(course, func.min(due_on).label("due_on"))
        .where(
            visible(actor, TrainingAssignment),
            or_(
                col(TrainingAssignment.person_id) == actor.person_id,
                among(col(TrainingAssignment.post_id), actor.post_ids),
                of_own_team(actor, col(TrainingAssignment.team_id)),
            ),
        )
        .group_by(course)
    )


def _own_tries(actor: Actor) -> Select[Any]:
    """Of each course that the actor has tried: the newest pass with the end of its validity, and whether one is open
    that they began themselves."""
    course, passed_at = col(QuizAttempt.course_id), col(QuizAttempt.passed_at)

    def of_newest(column: Any) -> Any:
        newest = func.array_agg(aggregate_order_by(column, col(QuizAttempt.id).desc()))
        return newest.filter(passed_at.is_not(None))[1]

    begun = and_(col(QuizAttempt.submitted_at).is_(None), ~col(QuizAttempt.ahead))
    return (
        select(
            course,
            of_newest(passed_at).label("passed_at"),
            of_newest(col(QuizAttempt.valid_until)).label("valid_until"),
            func.bool_or(begun).label("begun"),
        )
        .where(visible(actor, QuizAttempt), col(QuizAttempt.person_id) == actor.person_id)
        .group_by(course)
    )


async def certificates(session: AsyncSession, actor: Actor) -> list[TrainingRecord]:
    """What the actor has passed, the newest first."""
    statement = select(TrainingRecord).where(
        visible(actor, TrainingRecord), col(TrainingRecord.person_id) == actor.person_id
    )
    return list((await session.scalars(statement.order_by(col(TrainingRecord.passed_on).desc()))).all())


async def course_now(session: AsyncSession, actor: Actor, course_id: int) -> tuple[Course, CourseVersion, Content]:
    """A course with its present version. Raises NotFound."""
    statement = (
        select(Course, CourseVersion)
        .join(
            CourseVersion,
            and_(col(CourseVersion.course_id) == col(Course.id), col(CourseVersion.number) == col(Course.version)),
        )
        .where(visible(actor, Course), col(Course.id) == course_id)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1], read_content(row[1].content)


async def locked_course(session: AsyncSession, actor: Actor, course_id: int) -> Course:
    """The course, locked until the transaction ends. Raises NotFound."""
    statement = select(Course).where(visible(actor, Course), col(Course.id) == course_id).with_for_update()
    course = (await session.execute(statement)).scalar_one_or_none()
    if course is None:
        raise NotFound()
    return course


async def attempt_seen(
    session: AsyncSession, actor: Actor, attempt_id: int
) -> tuple[QuizAttempt, Course, Content] | None:
    """A try by its id: one's own, or anybody's for who leads."""
    row = (await session.execute(_attempts(actor).where(col(QuizAttempt.id) == attempt_id))).one_or_none()
    return (row[0], row[1], read_content(row[2].content)) if row else None


async def own_attempt(
    session: AsyncSession, actor: Actor, *, attempt_id: int | None = None, course_id: int | None = None
) -> tuple[QuizAttempt, Course, Content] | None:
    """The actor's try by its id, or their open one at a course; locked until the transaction ends."""
    which: Any = (
        col(QuizAttempt.id) == attempt_id
        if attempt_id is not None
        else and_(col(QuizAttempt.course_id) == course_id, col(QuizAttempt.submitted_at).is_(None))
    )
    own = _attempts(actor).where(col(QuizAttempt.person_id) == actor.person_id, which)
    row = (await session.execute(own.with_for_update(of=QuizAttempt))).one_or_none()
    return (row[0], row[1], read_content(row[2].content)) if row else None


def _attempts(actor: Actor) -> Any:
    return (
        select(QuizAttempt, Course, CourseVersion)
        .join(Course, col(Course.id) == col(QuizAttempt.course_id))
        .join(CourseVersion, col(CourseVersion.id) == col(QuizAttempt.version_id))
        .where(visible(actor, QuizAttempt))
    )
