"""Tables of rectification (整改): the 五定 plan, what was done, the proof."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, Numeric, UniqueConstraint, or_, select, text, true
from sqlmodel import Field, col

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import of_own_team, scope, visible


class RectificationState(enum.StrEnum):
    """Where a rectification stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    CANCELLED = "cancelled"
    SPLIT = "split"
    """Its parts are worked on, each by its own owner; it closes with the last of them."""


class Rectification(SiteScoped, Stamped, table=True):
    """整改 with its five fixed things (五定): measure, owner, funds, deadline, contingency."""

    __tablename__ = "rectification"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("rectification_owner", "site_id", "owner_id", "state"),
        Index("rectification_state", "site_id", "state", "deadline"),
        Index("rectification_closed", "site_id", text("COALESCE(verified_at, created_at) DESC"), "id"),
        Index("rectification_alarm", "alarm_id"),
        Index("rectification_parent", "parent_id"),
        Index("rectification_recurs", "recurs_id"),
        Index("rectification_first_deadline", "site_id", text("COALESCE(original_deadline, deadline)")),
        Index("rectification_made", "site_id", "created_at"),
        Index("rectification_verified", "site_id", "verified_at"),
        CheckConstraint("num_nonnulls(extension_by, wanted_deadline) <> 1", name="rectification_extension_whole"),
    )

    id: int = identity_key()
    number: str
    """What people call it, ``ZG-20261124-003``."""
    alarm_id: int | None = reference("alarm.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    level: str
    title: str
    cause: str = ""
    measure: str
    owner_id: int = reference("person.id")
    funds: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """Yuan."""
    deadline: datetime = moment()
    contingency: str = ""
    state: str = RectificationState.OPEN
    opened_by: int = reference("person.id")
    started_at: datetime | None = moment(nullable=True)
    submitted_at: datetime | None = moment(nullable=True)
    submitted_by: int | None = reference("person.id", nullable=True)
    verified_at: datetime | None = moment(nullable=True)
    verified_by: int | None = reference("person.id", nullable=True)
    overdue_told_on: date | None = None
    """The site's day on which people were last reminded that it is late."""
    parent_id: int | None = reference("rectification.id", nullable=True)
    """The whole of which this is a part."""
    recurs_id: int | None = reference("rectification.id", nullable=True)
    """The former one, verified not long before, whose hazard has come back."""
    recurrence: int = 0
    """How often it has come back: 0 when it hasn't."""
    original_deadline: datetime | None = moment(nullable=True)
    """The first deadline, once it has been extended."""
    wanted_deadline: datetime | None = moment(nullable=True)
    """Asked for and not yet decided, by ``extension_by``."""
    extension_by: int | None = reference("person.id", nullable=True)
    version: int = 1


class RectificationEntry(SiteScoped, Stamped, table=True):
    """One step (a value of ``lifecycle.Step``) with its words and pictures."""

    __tablename__ = "rectification_entry"
    __table_args__ = (
        Index("rectification_entry_of", "rectification_id", "id"),
        Index("rectification_entry_made", "site_id", "created_at"),
    )

    id: int = identity_key()
    rectification_id: int = reference("rectification.id")
    kind: str
    person_id: int = reference("person.id")
    to_person_id: int | None = reference("person.id", nullable=True)
    """To whom it was given, when the step is a reassignment (none in those from before revision 0003)."""
    note: str = ""
    captured_at: datetime | None = moment(nullable=True)
    """The phone's own time of it, when that differs from ours."""
    deadline: datetime | None = moment(nullable=True)
    """Of steps about an extension: the deadline that was asked for, granted or refused."""


class RectificationPolicy(SiteScoped, table=True):
    """What a site has set for its rectifications; a site without one has the defaults of ``policy``."""

    __tablename__ = "rectification_policy"
    __table_args__ = (UniqueConstraint("site_id"),)

    id: int = identity_key()
    recurrence_days: int
    """Days after its verification within which the same hazard counts as come back."""
    managers_after_days: dict[str, int] = document()
    """Whole days after the deadline from which managers are reminded too, by level."""


class Photo(SiteScoped, Stamped, table=True):
    """A re-encoded picture without its EXIF. ``path`` is below the data folder's ``photos``."""

    __tablename__ = "photo"
    __table_args__ = (Index("photo_entry", "entry_id"),)

    id: int = identity_key()
    rectification_id: int | None = reference("rectification.id", nullable=True, index=True)
    entry_id: int | None = reference("rectification_entry.id", nullable=True)
    stage: str = ""
    """``before`` or ``after``."""
    uploaded_by: int = reference("person.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


@scope(Rectification)
def _own_and_team(actor: Actor) -> ColumnElement[bool]:
    """A worker sees their own and their team's; everybody else all of the site."""
    if actor.role != Role.WORKER:
        return true()
    mates = select(col(Person.id)).where(visible(actor, Person), of_own_team(actor, col(Person.team_id)))
    return or_(col(Rectification.owner_id) == actor.person_id, col(Rectification.owner_id).in_(mates))


def _of_visible_rectifications(actor: Actor, rectification_id: Any) -> ColumnElement[bool]:
    if actor.role != Role.WORKER:
        return true()
    seen = select(col(Rectification.id)).where(visible(actor, Rectification))
    return or_(rectification_id.in_(seen))


@scope(RectificationEntry)
def _entries_with_their_rectification(actor: Actor) -> ColumnElement[bool]:
    return _of_visible_rectifications(actor, col(RectificationEntry.rectification_id))


@scope(Photo)
def _photos_with_their_rectification(actor: Actor) -> ColumnElement[bool]:
    return _of_visible_rectifications(actor, col(Photo.rectification_id))
