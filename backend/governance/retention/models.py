"""Tables of retention: what a site set for a kind of data, version by version, and what each night did."""

import enum
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference


class Kind(enum.StrEnum):
    """Data whose time a site sets."""

    READINGS = "readings"
    REJECTIONS = "rejections"
    HELD_MESSAGES = "held_messages"
    CHECKIN_POSITIONS = "checkin_positions"
    SIGN_INS = "sign_ins"
    DELIVERIES = "deliveries"


class RetentionRule(SiteScoped, Stamped, table=True):
    """One version of how long a kind is kept. In force is the newest that wasn't withdrawn and whose time has come."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("site_id", "kind", "version"),
        CheckConstraint("keep_days >= 0", name="retention_rule_days"),
    )

    id: int = identity_key()
    kind: str
    version: int
    keep_days: int
    """0: for ever."""
    effective_at: datetime = moment()
    """A day after it was set, when it shortens."""
    set_by: int | None = reference("person.id", nullable=True)
    withdrawn_at: datetime | None = moment(nullable=True)
    withdrawn_by: int | None = reference("person.id", nullable=True)


class RetentionRun(SiteScoped, table=True):
    """What one night did of one kind at one site. Counted up with each batch, in the batch's own transaction."""

    __tablename__ = "retention_run"
    __table_args__ = (
        UniqueConstraint("site_id", "kind", "night"),
        Index("retention_run_recent", "site_id", "night"),
    )

    id: int = identity_key()
    kind: str
    night: date
    """In the site's zone."""
    keep_days: int
    started_at: datetime = moment(now=True)
    finished_at: datetime | None = moment(nullable=True)
    """None: under way, or cut off by a kill; the next round goes on with it."""
    deleted: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    freed_bytes: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """By the tables' mean row; of readings the share of the partition."""
    held: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """Rows (of readings: days) that were old enough and kept, since something open needs them."""
