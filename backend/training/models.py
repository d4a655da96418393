"""Tables of training: courses and their versions, who must pass them, tries at the quiz, and records of passing."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, text, true
from sqlmodel import col

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.permissions import scope


class TrainingRecord(SiteScoped, table=True):
    """A person passed a course; ``valid_until`` None means for good. Tracing reads it as evidence."""

    __tablename__ = "training_record"
    __table_args__ = (Index("training_record_person", "site_id", "person_id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    course: str
    course_en: str = ""
    passed_on: date
    valid_until: date | None = None
    sample: bool = False


class Course(SiteScoped, Stamped, table=True):
    """What people learn in pages of three minutes; ``version`` is the number of the present ``CourseVersion``."""

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    title: str
    title_en: str = ""
    version: int = 1


class CourseVersion(SiteScoped, Stamped, table=True):
    """Pages and questions of a course as they were when an attempt was made; never changed afterwards."""

    __tablename__ = "course_version"
    __table_args__ = (UniqueConstraint("course_id", "number"),)

    id: int = identity_key()
    course_id: int = reference("course.id")
    number: int = 1
    content: dict[str, Any] = document()
    """``content.Content`` as JSON. Holds the right answers: routes show it through ``quiz.drawn`` only."""


class TrainingAssignment(SiteScoped, Stamped, table=True):
    """A rule: the person, whoever holds the post, or the team's people must pass the course by ``due_on``."""

    __tablename__ = "training_assignment"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, post_id, team_id) = 1", name="training_assignment_one_target"),
        Index("training_assignment_course", "site_id", "course_id"),
    )

    id: int = identity_key()
    course_id: int = reference("course.id")
    person_id: int | None = reference("person.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    team_id: int | None = reference("team.id", nullable=True)
    due_on: date
    """A day of the site."""
    assigned_by: int | None = reference("person.id", nullable=True)
    """None for what an installation assigned."""


class QuizAttempt(SiteScoped, table=True):
    """One try of a person at the quiz of a course's version; ``seed`` says which questions in which order."""

    __tablename__ = "quiz_attempt"
    __table_args__ = (
        Index("quiz_attempt_person", "site_id", "person_id", "course_id"),
        Index(
            "quiz_attempt_open", "course_id", "person_id", unique=True, postgresql_where=text("submitted_at IS NULL")
        ),
    )

    id: int = identity_key()
    course_id: int = reference("course.id")
    version_id: int = reference("course_version.id")
    person_id: int = reference("person.id")
    seed: int
    started_at: datetime = moment(now=True)
    submitted_at: datetime | None = moment(nullable=True)
    answers: dict[str, Any] = document()
    """Index of the question in its version → chosen indices of options."""
    score: int | None = None
    """Percent of the drawn questions answered right."""
    passed_at: datetime | None = moment(nullable=True)
    valid_until: date | None = None


@scope(QuizAttempt)
def _own_attempts(actor: Actor) -> ColumnElement[bool]:
    """Workers see their own tries; who leads sees all of the site."""
    return true() if actor.role != Role.WORKER else col(QuizAttempt.person_id) == actor.person_id
