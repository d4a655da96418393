"""Tables of what is held: refused messages whole, what was refused of each, what had to go, and who took what in."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

RETAKE_JOB = "telemetry.retake"


class HeldMessage(SiteScoped, table=True):
    """A message of which something was refused, as it came. Goes once all of it is taken in, or its time is over."""

    __tablename__ = "held_message"
    __table_args__ = (
        Index("held_message_oldest", "site_id", "id", postgresql_include=["size"]),
        Index("held_message_received", "site_id", "received_at"),
    )

    id: int = identity_key()
    received_at: datetime = moment()
    topic: str
    source: str = ""
    payload: bytes = Field(sa_type=LargeBinary)
    retained: bool = False
    """The broker had kept it for newcomers: it tells nothing of when it was measured."""
    whole: bool = False
    """Nothing of it was ever stored: all of it may be read anew, whatever it was refused for."""
    size: int = 0
    """Bytes it is reckoned to take, its parts included."""


class HeldPart(SiteScoped, table=True):
    """What was refused of a held message: values of one code, or (code empty) what could not be told apart."""

    __tablename__ = "held_part"
    __table_args__ = (Index("held_part_cause", "site_id", "reason", "code", "source", "held_id"),)

    held_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        sa_column_args=[ForeignKey("held_message.id", ondelete="CASCADE")],
    )
    reason: str = Field(primary_key=True)
    """A code of ``telemetry.reasons.Reason``."""
    code: str = Field(primary_key=True)
    source: str = ""
    received_at: datetime = moment()
    parts: int = 1


class HeldLoss(SiteScoped, table=True):
    """What a site could not hold any longer because newer refusals needed the room."""

    __tablename__ = "held_loss"

    site_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="site.id")
    messages: int = Field(default=0, sa_type=BigInteger)
    bytes: int = Field(default=0, sa_type=BigInteger)
    since: datetime = moment()
    """When the first of them went."""
    last_at: datetime = moment()


class RetakeRun(SiteScoped, Stamped, table=True):
    """One taking in, asked by somebody: how far it is, and its account. Empty ``reason``, ``code``, ``source``: any."""

    __tablename__ = "retake_run"
    __table_args__ = (Index("retake_run_recent", "site_id", "id"),)

    id: int = identity_key()
    reason: str = ""
    code: str = ""
    source: str = ""
    mended: bool = False
    """Only what a point refused that stores values now."""
    asked_by: int | None = reference("person.id", nullable=True)
    until_id: int = Field(default=0, sa_type=BigInteger)
    """What was held when it was asked for; later ones are not part of it."""
    at_id: int = Field(default=0, sa_type=BigInteger)
    """The last message that is done."""
    total: int = 0
    """Messages it is about."""
    looked_at: int = 0
    stored: int = Field(default=0, sa_type=BigInteger)
    duplicate: int = Field(default=0, sa_type=BigInteger)
    """Values that were there already."""
    refused: int = Field(default=0, sa_type=BigInteger)
    """Values that are still refused; they stay held with their cause of now."""
    memory: dict[str, Any] = document()
    """What cleaning remembers of each point between two steps."""
    finished_at: datetime | None = moment(nullable=True)
