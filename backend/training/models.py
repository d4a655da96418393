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
        Index("training_assignment_cause", "cause_rule_id", "cause", unique=True, postgresql_where=text("cause <> ''")),
    )

    id: int = identity_key()
    course_id: int = reference("course.id")
    person_id: int | None = reference("person.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    team_id: int | None = reference("team.id", nullable=True)
    due_on: date
    """A day of the site."""
    assigned_by: int | None = reference("person.id", nullable=True)
    """None for what an installation or a ``CauseRule`` assigned."""
    cause_rule_id: int | None = reference("training_cause_rule.id", nullable=True, ondelete="SET NULL")
    cause: str = ""
    """The case that made a rule assign it: ``trace:5`` or ``rectification:8``."""


class CauseRule(SiteScoped, Stamped, table=True):
    """Cases like this call for the course: all of equipment, its class and the word that are given must fit.

    Asked is who is named; where nobody is, who holds the post that answers for the case's equipment.
    """

    __tablename__ = "training_cause_rule"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person_id, post_id, team_id) <= 1", name="training_cause_rule_one_target"),
        Index("training_cause_rule_course", "site_id", "course_id"),
    )

    id: int = identity_key()
    course_id: int = reference("course.id")
    equipment_id: int | None = reference("equipment.id", nullable=True)
    equipment_class: str = ""
    word: str = ""
    """Stands in the title, the cause or the note of the case."""
    person_id: int | None = reference("person.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    team_id: int | None = reference("team.id", nullable=True)
    due_days: int = 7
    made_by: int = reference("person.id")


class TrainingReminder(SiteScoped, Stamped, table=True):
    """A person was told of a course, so that nobody is told the same twice."""

    __tablename__ = "training_reminder"
    __table_args__ = (UniqueConstraint("course_id", "person_id", "kind", "day"),)

    id: int = identity_key()
    course_id: int = reference("course.id")
    person_id: int = reference("person.id")
    kind: str
    """``before`` or ``after`` the due ``day``; ``asked`` by somebody on ``day``."""
    day: date


class CourseMedia(SiteScoped, Stamped, table=True):
    """A picture, video or PDF that pages of courses show; never changed, so that old versions keep theirs."""

    __tablename__ = "course_media"

    id: int = identity_key()
    kind: str
    """``picture``, ``video`` or ``pdf``."""
    name: str
    """The file's name as it was sent."""
    media_type: str
    path: str
    """Below the data folder's ``photos``."""
    sha256: str
    bytes: int
    uploaded_by: int = reference("person.id")


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
    ahead: bool = False
    """Drawn for a phone that takes the course along; the person hasn't begun it themselves."""
    captured_at: datetime | None = moment(nullable=True)
    """When it was answered, if the phone could send it only later."""


@scope(QuizAttempt)
def _own_attempts(actor: Actor) -> ColumnElement[bool]:
    """Workers see their own tries; who leads sees all of the site."""
    return true() if actor.role != Role.WORKER else col(QuizAttempt.person_id) == actor.person_id
