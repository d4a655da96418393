"""Tables of feedback: what somebody says of AnSu, its thread and pictures, templates of answers, how soon it is due."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, UniqueConstraint, or_, select, text, true
from sqlmodel import col

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.permissions import scope, visible


class Kind(enum.StrEnum):
    """What is said."""

    PROBLEM = "problem"
    IDEA = "idea"
    PRAISE = "praise"
    UNCLEAR = "unclear"


class State(enum.StrEnum):
    """What became of it."""

    RECEIVED = "received"
    WORKING = "working"
    ANSWERED = "answered"
    DECLINED = "declined"
    MERGED = "merged"


OPEN = (State.RECEIVED, State.WORKING)
"""States in which somebody waits for an answer."""


class Feedback(SiteScoped, Stamped, table=True):
    """Something that a person says of AnSu. Team and role are theirs at that moment."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("feedback_state", "site_id", "state", "id"),
        Index("feedback_person", "site_id", "person_id", "id"),
        Index("feedback_due", "site_id", "first_due_at"),
        Index("feedback_made", "site_id", "created_at"),
        Index("feedback_merged", "merged_into_id"),
        Index("feedback_remind", "remind_at", postgresql_where=text("state IN ('received', 'working')")),
    )

    id: int = identity_key()
    number: str
    """What people call it, ``FK-20261127-001``."""
    kind: str
    words: str
    page: str = ""
    """The page it came from, its path alone; "" when the person left it out, as with the next three."""
    device: str = ""
    """The phone's kind: ``Android · Chrome``."""
    version: str = ""
    """AnSu's version."""
    locale: str = ""
    person_id: int = reference("person.id")
    role: str
    team_id: int | None = reference("team.id", nullable=True)
    state: str = State.RECEIVED
    assigned_to: int | None = reference("person.id", nullable=True)
    merged_into_id: int | None = reference("feedback.id", nullable=True)
    captured_at: datetime | None = moment(nullable=True)
    """When it was written, by our clock, if that was clearly before it arrived."""
    first_due_at: datetime | None = moment(nullable=True)
    """Until when it was first to be answered; praise isn't due."""
    due_at: datetime | None = moment(nullable=True)
    """The same, since it was opened again."""
    remind_at: datetime | None = moment(nullable=True)
    answered_at: datetime | None = moment(nullable=True)
    """When the person first got an answer."""
    useful: bool | None = None
    """What the person says of the answer; None: nothing yet."""


class FeedbackEntry(SiteScoped, Stamped, table=True):
    """One step of a thread: a ``lifecycle.Step`` with its words."""

    __tablename__ = "feedback_entry"
    __table_args__ = (Index("feedback_entry_of", "feedback_id", "id"),)

    id: int = identity_key()
    feedback_id: int = reference("feedback.id")
    kind: str
    words: str = ""
    person_id: int | None = reference("person.id", nullable=True)
    to_person_id: int | None = reference("person.id", nullable=True)


class FeedbackPhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture without EXIF; paths are below the data folder's ``photos``."""

    __tablename__ = "feedback_photo"
    __table_args__ = (Index("feedback_photo_of", "feedback_id", "id"),)

    id: int = identity_key()
    feedback_id: int = reference("feedback.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


class FeedbackTemplate(SiteScoped, Stamped, table=True):
    """An answer that is often given."""

    __tablename__ = "feedback_template"
    __table_args__ = (Index("feedback_template_site", "site_id", "id"),)

    id: int = identity_key()
    title: str
    words: str
    made_by: int = reference("person.id")
    retired_at: datetime | None = moment(nullable=True)


class FeedbackPolicy(SiteScoped, Stamped, table=True):
    """How soon feedback is to be answered. The newest holds."""

    __tablename__ = "feedback_policy"
    __table_args__ = (Index("feedback_policy_recent", "site_id", "id"),)

    id: int = identity_key()
    answer_days: int
    """Working days after the day on which it was given."""
    set_by: int = reference("person.id")


def _answers(actor: Actor) -> bool:
    return actor.can("feedback.answer")


@scope(Feedback)
def _own(actor: Actor) -> ColumnElement[bool]:
    """One's own; all for those who answer. A leader doesn't read what the team says."""
    return true() if _answers(actor) else col(Feedback.person_id) == actor.person_id


@scope(FeedbackEntry)
def _of_seen(actor: Actor) -> ColumnElement[bool]:
    """Those of one's own, and what was answered to what one's own was merged into: not what others said there."""
    if _answers(actor):
        return true()
    own: Any = select(col(Feedback.id)).where(visible(actor, Feedback))
    main: Any = select(col(Feedback.merged_into_id)).where(
        visible(actor, Feedback), col(Feedback.merged_into_id).is_not(None)
    )
    entry = col(FeedbackEntry.feedback_id)
    return or_(entry.in_(own), entry.in_(main) & col(FeedbackEntry.kind).in_(("answered", "declined")))


@scope(FeedbackPhoto)
def _of_own(actor: Actor) -> ColumnElement[bool]:
    if _answers(actor):
        return true()
    own: Any = select(col(Feedback.id)).where(visible(actor, Feedback))
    return or_(col(FeedbackPhoto.feedback_id).in_(own))
