"""Tables of telemetry. ``reading`` is partitioned by UTC day; see ``telemetry.storage``."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import SiteScoped, document, identity_key, moment


class Quality(enum.IntFlag):
    """What cleaning found about a value; 0 is good. Flags add up."""

    GOOD = 0
    OUT_OF_RANGE = 1
    CLOCK = 2
    """The device's clock is wrong: the value is judged by the time it was received."""
    BACKFILL = 4
    """Arrived late from a buffer: stored, but neither raises nor clears."""
    STUCK = 8


class Reading(SiteScoped, table=True):
    """A value of a point at a time, once."""

    __tablename__ = "reading"
    __table_args__ = ({"postgresql_partition_by": "RANGE (at)"},)

    site_id: int = Field(primary_key=True, sa_type=BigInteger)
    point_id: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    value: float
    quality: int = Field(default=0, sa_type=SmallInteger)
    received_at: datetime = moment(now=True)


class PointState(SiteScoped, table=True):
    """The last live value of a point and how its clock behaves: what pages show and ingest resumes from."""

    __tablename__ = "point_state"
    __table_args__ = (Index("point_state_site", "site_id"),)

    point_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="point.id")
    at: datetime = moment()
    value: float
    quality: int = Field(default=0, sa_type=SmallInteger)
    received_at: datetime = moment()
    memory: dict[str, Any] = document()
    """What cleaning remembers of the point (last device time, clock offset, run of equal values)."""


class Rejection(SiteScoped, table=True):
    """A message or value refused, kept with its reason. ``site_id`` comes from the topic.

    The same refusal within the same hour is one row with a ``count``, so that a broken gateway can't
    fill the disk.
    """

    __tablename__ = "rejection"
    __table_args__ = (
        Index("rejection_recent", "site_id", "id"),
        Index("rejection_received", "site_id", "received_at"),
        Index("rejection_reason", "site_id", "reason", "id"),
        UniqueConstraint("site_id", "digest"),
    )

    id: int = identity_key()
    received_at: datetime = moment(now=True)
    topic: str
    source: str = ""
    point_code: str = ""
    reason: str
    """A code of ``telemetry.reasons.Reason``."""
    detail: str = ""
    payload: str = ""
    """The message as far as it can be shown, at most 2,000 characters."""
    count: int = 1
    """How many messages or values this row stands for."""
    digest: str
    """SHA-256 of what makes a refusal the same: topic, point, reason, payload, hour."""


class Source(SiteScoped, table=True):
    """Where readings come from: a gateway or device, by the name in its topic."""

    __tablename__ = "source"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    first_seen_at: datetime = moment(now=True)
    last_seen_at: datetime = moment(now=True)
    received: int = Field(default=0, sa_type=BigInteger)
    stored: int = Field(default=0, sa_type=BigInteger)
    duplicate: int = Field(default=0, sa_type=BigInteger)
    rejected: int = Field(default=0, sa_type=BigInteger)


class IngestReceipt(SQLModel, table=True):
    """Messages an ingest committed and whose acknowledgement the broker may not have seen.

    Only those that can't be recognised by their rows' keys: values without a device time, and refusals.
    """

    __tablename__ = "ingest_receipt"

    client_id: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    messages: bytes
    """Ten bytes a message: MQTT packet id, then eight bytes of BLAKE2b over topic and payload."""


class LearnedNormal(SiteScoped, table=True):
    """What is normal for a set of points together, as ``tracing.engine`` learned it: a version of a site's. One at
    most is active; what isn't can be put in force again."""

    __tablename__ = "learned_normal"
    __table_args__ = (
        UniqueConstraint("site_id", "version"),
        Index("learned_normal_active", "site_id", unique=True, postgresql_where=text("active")),
    )

    id: int = identity_key()
    version: int = 1
    learned_at: datetime = moment(now=True)
    learned_from: str = ""
    """Which recorded run, for one that a starter pack brought; empty for the site's own readings."""
    from_at: datetime | None = moment(nullable=True)
    to_at: datetime | None = moment(nullable=True)
    """The time of the site's own readings that it was learned from."""
    row_s: float | None = None
    """Its rows are cells of so many seconds of the clock, the last reading of each; None for a recorded run, whose
    rows come as they come, also in quick motion."""
    point_ids: list[int] = document(default=list)
    parameters: dict[str, Any] = document()
    active: bool = True
