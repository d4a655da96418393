"""Tables of traces, of what people said against their causes, and of checks on site that were asked for."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

TRACE_JOB = "trace.make"
"""Kind of the job that makes a trace; ``dedupe_key`` begins with the group's id, or is ``trace:`` and the trace's.
Its payload: ``group_id``, with ``review`` for the whole process, ``evidence`` for what may not wait, ``refine`` for
what was planned; or ``trace_id``."""


class Origin(enum.StrEnum):
    """How a trace came to be: by an alarm, by an early warning that no limit stands behind, or by a person."""

    ALARM = "alarm"
    WARNING = "warning"
    HAND = "hand"


class Stage(enum.StrEnum):
    """What it looks at: the last readings while it goes on, or the whole process once it is over."""

    LIVE = "live"
    REVIEW = "review"


class Trace(SiteScoped, table=True):
    """The answer for one group of alarms, or to one question of a person: ranked causes, path, scope, posts, advice.

    Refined as data comes. ``revision`` 0: asked for by a person and not made yet.
    """

    __tablename__ = "trace"
    __table_args__ = (
        Index("trace_recent", "site_id", "id"),
        CheckConstraint("(group_id IS NULL) = (origin = 'hand')", name="trace_by_hand_has_no_group"),
        CheckConstraint("(asked_by IS NULL) = (origin <> 'hand')", name="trace_by_hand_was_asked"),
    )

    id: int = identity_key()
    group_id: int | None = Field(default=None, nullable=True, unique=True, foreign_key="alarm_group.id")
    origin: str = Origin.ALARM
    stage: str = Stage.LIVE
    asked_by: int | None = reference("person.id", nullable=True)
    asked_for: str = ""
    """By hand: ``point:7``, ``equipment:3``, ``report:5`` or ``rectification:2``; empty for the plant as a whole."""
    revision: int = 1
    first_made_at: datetime = moment(now=True)
    made_at: datetime = moment(now=True)
    window_from: datetime = moment()
    window_to: datetime = moment()
    result: dict[str, Any] = document()
    """As ``tracing.story`` writes it; ids of points, equipment, areas, posts, never copies of their names."""
    confirmed_node: str = ""
    """The root cause a person confirmed: a node key, one of the library's causes at its equipment
    (``equipment:3/valve.sticking``), or ``other``; empty before."""
    confirmed_by: int | None = reference("person.id", nullable=True)
    confirmed_at: datetime | None = moment(nullable=True)
    confirmation_note: str = ""


class TraceDismissal(SiteScoped, Stamped, table=True):
    """Somebody says that a cause isn't it: it weighs little in this trace from then on. ``node``: a node key, or one
    of the library's causes at its equipment."""

    __tablename__ = "trace_dismissal"
    __table_args__ = (UniqueConstraint("trace_id", "node"),)

    id: int = identity_key()
    trace_id: int = reference("trace.id", ondelete="CASCADE")
    node: str
    person_id: int = reference("person.id")


class Verdict(enum.StrEnum):
    """What who looked on site found."""

    FOUND = "found"
    CLEAR = "clear"
    UNSURE = "unsure"


class TraceCheck(SiteScoped, Stamped, table=True):
    """A look on site that was asked for: at a cause, by whoever holds a post (None: any leader), until ``due_at``."""

    __tablename__ = "trace_check"
    __table_args__ = (Index("trace_check_trace", "trace_id"), Index("trace_check_open", "site_id", "answered_at"))

    id: int = identity_key()
    trace_id: int = reference("trace.id", ondelete="CASCADE")
    node: str
    post_id: int | None = reference("post.id", nullable=True)
    asked_by: int = reference("person.id")
    question: str = ""
    level: str = ""
    """Of the alarm behind it."""
    due_at: datetime = moment()
    answered_by: int | None = reference("person.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    captured_at: datetime | None = moment(nullable=True)
    """When the phone says that it was answered, where it had no network."""
    verdict: str = ""
    note: str = ""


class TraceCheckPhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture without its EXIF that belongs to the answer to a check."""

    __tablename__ = "trace_check_photo"
    __table_args__ = (Index("trace_check_photo_of", "check_id"),)

    id: int = identity_key()
    check_id: int = reference("trace_check.id", ondelete="CASCADE")
    uploaded_by: int = reference("person.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int
