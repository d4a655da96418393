"""Tables of deliveries (one row per event, person and channel) and of the phones that may be woken by web push."""

import enum
from datetime import datetime

from sqlalchemy import ColumnElement, Index, text
from sqlmodel import Field, col

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.permissions import scope


class PushState(enum.StrEnum):
    """Where the push of one event to one phone stands. Socket deliveries have none."""

    QUEUED = "queued"
    SENT = "sent"
    """The push service took it; whether the phone woke nobody tells."""
    HELD = "held"
    """The person's quiet hours: it stands in the list when they look."""
    GONE = "gone"
    """The phone's subscription has ended."""
    FAILED = "failed"
    """Refused, or not reached in six attempts."""


class Delivery(SiteScoped, table=True):
    """That a person must be, or was, told of an event. ``received_at`` is the phone's own receipt."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_once", "event_id", "person_id", "channel", unique=True),
        Index("delivery_person", "site_id", "person_id", "id"),
        Index("delivery_due", "site_id", "due_at"),
        Index("delivery_waiting", "site_id", "id", postgresql_where=text("received_at IS NULL")),
    )

    id: int = identity_key()
    event_id: int = reference("event.id")
    person_id: int = reference("person.id")
    channel: str = Field(default="socket", sa_column_kwargs={"server_default": "socket"})
    """``socket``, or ``push:<subscription id>``."""
    state: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """A ``PushState``; empty for the socket."""
    sent_at: datetime | None = moment(nullable=True)
    addressed: bool = False
    """True: the escalation policy named this person; False: the phone happened to be open."""
    due_at: datetime = moment(now=True)
    received_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)
    """When the person opened what it tells of."""


class PushSubscription(SiteScoped, Stamped, table=True):
    """One browser that may be woken (RFC 8030). It ends with the sign-in that made it, and when its service says so."""

    __tablename__ = "push_subscription"
    __table_args__ = (Index("push_subscription_person", "site_id", "person_id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    session_id: int = reference("login_session.id")
    endpoint: str = Field(unique=True)
    """Secret address at the browser's push service."""
    p256dh: str
    """The browser's public key, base64url (RFC 8291)."""
    auth: str
    """Its shared secret, base64url."""
    device: str = ""
    locale: str = ""
    """Language of the device, for people who have chosen none."""
    last_sent_at: datetime | None = moment(nullable=True)


class QuietHours(SiteScoped, table=True):
    """When a person isn't woken for events of one level. Minutes after midnight in the site's zone; the end excluded.

    ``starts`` after ``ends`` spans midnight, equal ones the whole day. There is none for the highest level.
    """

    __tablename__ = "quiet_hours"
    __table_args__ = (Index("quiet_hours_once", "person_id", "level", unique=True),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    level: str
    starts: int
    ends: int


@scope(PushSubscription)
def _own_subscriptions(actor: Actor) -> ColumnElement[bool]:
    return col(PushSubscription.person_id) == actor.person_id


@scope(QuietHours)
def _own_quiet_hours(actor: Actor) -> ColumnElement[bool]:
    return col(QuietHours.person_id) == actor.person_id
