"""Tables of the cause library: a site's own edits by version, the questions a trace asks, and their answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class CauseLibrary(SiteScoped, Stamped, table=True):
    """A version of what a site has changed in the cause library; the newest is in force, former ones stay."""

    __tablename__ = "cause_library"
    __table_args__ = (UniqueConstraint("site_id", "version"),)

    id: int = identity_key()
    version: int
    edits: dict[str, Any] = document()
    """``catalogue.Edits`` as JSON."""
    made_by: int | None = reference("person.id", nullable=True)
    note: str = ""


class TraceQuestion(SiteScoped, Stamped, table=True):
    """A check that a trace asked for, and whose post was asked."""

    __tablename__ = "trace_question"
    __table_args__ = (UniqueConstraint("trace_id", "question"),)

    id: int = identity_key()
    trace_id: int = reference("trace.id", ondelete="CASCADE")
    question: str
    """``equipment:3?valve.follows``."""
    equipment_id: int | None = reference("equipment.id", nullable=True)
    text: str
    text_en: str = ""
    gain: float = 0.0
    """Bits of doubt that an answer was expected to take away."""
    told: list[int] = document(default=list)
    """Ids of the people who were asked."""


class TraceAnswer(SiteScoped, Stamped, table=True):
    """What somebody answered; of several answers to one question the latest counts."""

    __tablename__ = "trace_answer"
    __table_args__ = (Index("trace_answer_of", "trace_id", "question", "at"),)

    id: int = identity_key()
    trace_id: int = reference("trace.id", ondelete="CASCADE")
    question: str
    text: str
    """The question's words as they were."""
    text_en: str = ""
    answer: str
    """``yes``, ``no`` or ``unknown``."""
    note: str = ""
    person_id: int = reference("person.id")
    at: datetime = moment(now=True)
    """When it was seen, by our clock; ``created_at`` is when we got it."""
    effect: list[dict[str, Any]] = document(default=list)
    """What it moved (``telling.changes``)."""
