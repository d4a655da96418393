"""Tables of traces, of what people said against their causes, and of checks on site that were asked for."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Computed, Index, Text, UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

TRACE_JOB = "trace.make"
"""Kind of the job that makes a trace; ``dedupe_key`` begins with the group's id, or is ``trace:`` and the trace's.
Its payload: ``group_id``, with ``review`` for the whole process, ``evidence`` for what may not wait, ``refine`` for
what was planned; or ``trace_id``."""


FIRST_NAMED = """
COALESCE(jsonb_path_query_first(result, '$."fused"[*]?(@."contributes" == false && @."key" != "rest")'::jsonpath)
    ->> 'key'::text, result #>> '{causes,0,node}'::text[], ''::text)
"""
"""What ``naming.first_cause`` gives of a stored result, or empty: the same in PostgreSQL, with its parts spelt as
PostgreSQL does."""


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
        # The database's alone, for those who count causes over years: a result is some 70 kB.
        Column("first_named", Text, Computed(FIRST_NAMED, persisted=True)),
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


ANSWERS = ("yes", "no", "unknown")
"""What who looked may answer to a question of the cause library."""


class TraceCheck(SiteScoped, Stamped, table=True):
    """A look on site until ``due_at``, by whoever holds a post (None: any leader).

    It carries a question of the cause library that the trace wants answered, or a cause that a leader (``asked_by``)
    wants looked at, or both. Further answers to the same question are further rows; the latest seen counts.
    """

    __tablename__ = "trace_check"
    __table_args__ = (
        Index("trace_check_trace", "trace_id"),
        Index("trace_check_open", "site_id", "answered_at"),
        Index(
            "trace_check_asked_once",
            "trace_id",
            "question",
            unique=True,
            postgresql_where="question <> '' AND answered_at IS NULL",
        ),
        Index("trace_check_remind", "remind_at", postgresql_where="remind_at IS NOT NULL"),
        CheckConstraint("question <> '' OR asked_by IS NOT NULL", name="trace_check_wants_something"),
    )

    id: int = identity_key()
    trace_id: int = reference("trace.id", ondelete="CASCADE")
    node: str
    """A cause of the trace; of a question alone its equipment (``equipment:3``)."""
    equipment_id: int | None = reference("equipment.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    asked_by: int | None = reference("person.id", nullable=True)
    """None: the trace itself asks."""
    words: str = ""
    """A leader's own."""
    question: str = ""
    """``equipment:3?valve.follows``; its words as they were are ``text`` and ``text_en``."""
    text: str = ""
    text_en: str = ""
    gain: float = 0.0
    """Bits of doubt that an answer was expected to take away."""
    level: str = ""
    """Of the alarm behind it."""
    due_at: datetime = moment()
    remind_at: datetime | None = moment(nullable=True)
    """When to remind next; None: no more."""
    answered_by: int | None = reference("person.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    """When we got it."""
    captured_at: datetime | None = moment(nullable=True)
    """When it was seen, by our clock, where the phone had no network."""
    verdict: str = ""
    answer: str = ""
    """One of ``ANSWERS``."""
    note: str = ""
    effect: list[dict[str, Any]] = document(default=list)
    """What the answer moved (``library.telling.changes``)."""

    @property
    def seen_at(self) -> datetime | None:
        """When who looked saw it."""
        return self.captured_at or self.answered_at


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
