"""Tables of channels: where to, what for, what is to be told, and what was sent."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class PausedBy(enum.StrEnum):
    """Why a channel rests; empty while it doesn't."""

    PERSON = "person"
    FAILURES = "failures"


class MessageState(enum.StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENT = "sent"
    """The other side has taken it; who has read it nobody tells."""
    GIVEN_UP = "given_up"


class Channel(SiteScoped, Stamped, table=True):
    """One place outside to which AnSu tells what happens. Its address and secrets are sealed (``channels.sealing``)."""

    __tablename__ = "channel"
    __table_args__ = (Index("channel_site", "site_id", "id", postgresql_where=text("retired_at IS NULL")),)

    id: int = identity_key()
    name: str
    kind: str
    locale: str = "zh_CN"
    sealed: bytes = Field(sa_type=LargeBinary)
    """Token or address and secret or password, encrypted; empty once the channel is removed."""
    shown: str = ""
    """By what people recognise the address: its host and its last letters."""
    setting: dict[str, Any] = document()
    """What is no secret: of e-mail the server, the sender and who gets it; whether the address is the plant's own."""
    topics: list[str] = document(default=list)
    alarms_from: str = "significant"
    """The least level of alarms that are told."""
    area_ids: list[int] = document(default=list)
    """Only what happens there; empty with ``stage_ids``: everywhere."""
    stage_ids: list[int] = document(default=list)
    quiet_from: int | None = None
    """Minutes after local midnight; None: never quiet. 重大 is told at any hour."""
    quiet_until: int | None = None
    created_by: int | None = reference("person.id", nullable=True)
    retired_at: datetime | None = moment(nullable=True)
    paused_at: datetime | None = moment(nullable=True)
    paused_by: str = ""
    failures: int = 0
    """Failed calls in a row."""
    refusals: int = 0
    """Of them, the last in a row that were refused."""
    next_at: datetime | None = moment(nullable=True)
    """After a failure: not before then."""
    limited_until: datetime | None = moment(nullable=True)
    """The other side's limit, or ours to keep it: nothing at all before then."""
    lease: str = ""
    leased_until: datetime | None = moment(nullable=True)
    """Until then a worker is calling; later it has died and another may."""
    recent: list[float] = document(default=list)
    """When it was called within the last minute, in seconds since 1970."""
    last_call_at: datetime | None = moment(nullable=True)
    last_sent_at: datetime | None = moment(nullable=True)
    last_failed_at: datetime | None = moment(nullable=True)
    last_reason: str = ""
    last_detail: str = ""


class ChannelMessage(SiteScoped, table=True):
    """One call with what it tells. Its id is the number people see and by which the other side knows a repetition."""

    __tablename__ = "channel_message"
    __table_args__ = (
        Index("channel_message_recent", "channel_id", "id"),
        Index("channel_message_waiting", "channel_id", "id", postgresql_where=text("state = 'waiting'")),
        Index("channel_message_made", "made_at"),
    )

    id: int = identity_key()
    channel_id: int = reference("channel.id")
    kind: str
    state: str = MessageState.WAITING
    level: str = ""
    """The gravest of what it tells."""
    items: int = 0
    made_at: datetime = moment(now=True)
    attempts: int = 0
    ended_at: datetime | None = moment(nullable=True)
    reason: str = ""
    detail: str = ""


class ChannelNews(SiteScoped, table=True):
    """That a channel is to tell of an event: once each, whatever dies meanwhile."""

    __tablename__ = "channel_news"
    __table_args__ = (
        Index("channel_news_once", "channel_id", "event_id", unique=True),
        Index("channel_news_waiting", "channel_id", "due_at", postgresql_where=text("message_id IS NULL")),
        Index("channel_news_message", "message_id"),
    )

    id: int = identity_key()
    channel_id: int = reference("channel.id")
    event_id: int = reference("event.id")
    message_id: int | None = reference("channel_message.id", nullable=True, ondelete="CASCADE")
    topic: str
    level: str = ""
    subject: str
    subject_id: int = Field(sa_type=BigInteger)
    at: datetime = moment()
    due_at: datetime = moment()
    """When it may be told: after a short gathering, or when the quiet hours end."""
    told: dict[str, Any] = document()
    """Title and page, where it is and which post answers for it, as they were then, in both languages."""
