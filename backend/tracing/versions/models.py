"""Tables of the trace model: its versions, the confirmed cases they learned from, and trials on history."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text

from backend.core.tables import SiteScoped, document, identity_key, moment, reference

REPLAY_JOB = "trace.replay"
"""Kind of the job that does the next step of a trial."""


class Because(enum.StrEnum):
    """Why a version was made."""

    SHIPPED = "shipped"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    GATHERED = "gathered"
    """A person let the model learn what waited."""


class TraceModel(SiteScoped, table=True):
    """One version of a site's trace model; never changed once made. Version 0 has learned nothing."""

    __tablename__ = "trace_model"
    __table_args__ = (
        UniqueConstraint("site_id", "version"),
        Index("trace_model_active", "site_id", unique=True, postgresql_where=text("active")),
    )

    id: int = identity_key()
    version: int
    base_version: int | None = None
    """The version it was made from."""
    active: bool = False
    because: str = Because.SHIPPED
    trace_id: int | None = reference("trace.id", nullable=True)
    """The trace whose confirmation made it."""
    note: str = ""
    """What the person who confirmed it wrote."""
    content: dict[str, Any] = document()
    """As ``versions.content`` writes it."""
    made_by: int | None = reference("person.id", nullable=True)
    made_at: datetime = moment(now=True)


class TraceCase(SiteScoped, table=True):
    """A confirmed root cause, as it was confirmed; a correction is another row. Versions name the rows they know."""

    __tablename__ = "trace_case"
    __table_args__ = (
        Index("trace_case_current", "trace_id", unique=True, postgresql_where=text("current")),
        Index("trace_case_recent", "site_id", "id"),
    )

    id: int = identity_key()
    trace_id: int = reference("trace.id")
    node: str
    """Key of the confirmed node; empty where it is none of the plant graph's."""
    library_key: str = ""
    """Key of the cause library's cause that was confirmed."""
    note: str = ""
    rank: int | None = None
    """Place of the confirmed node in the ranking that the person saw, 1 = first; None: it wasn't in it."""
    model_version: int = 0
    """The version that had made that ranking."""
    signature: dict[str, Any] = document()
    lags: list[Any] = document(default=list)
    offered: list[str] = document(default=list)
    """Keys of the library's causes shown."""
    current: bool = True
    """False: corrected since."""
    confirmed_by: int | None = reference("person.id", nullable=True)
    confirmed_at: datetime = moment(now=True)


class ReplayState(enum.StrEnum):
    """How far a trial is."""

    RUNNING = "running"
    DONE = "done"
    BROKEN = "broken"
    """Its job failed for good."""


class TraceReplay(SiteScoped, table=True):
    """A trial of a version on the confirmed traces of a period, beside another version."""

    __tablename__ = "trace_replay"
    __table_args__ = (Index("trace_replay_recent", "site_id", "id"),)

    id: int = identity_key()
    version: int
    against: int
    """The version it is compared with."""
    from_at: datetime = moment()
    to_at: datetime = moment()
    state: str = ReplayState.RUNNING
    trace_ids: list[int] = document(default=list)
    """Traces to be tried, in this order."""
    results: list[dict[str, Any]] = document(default=list)
    """One for each trace done so far: ``{trace_id, node, rank, against}``, or ``{trace_id, skipped}``."""
    asked_by: int | None = reference("person.id", nullable=True)
    asked_at: datetime = moment(now=True)
    finished_at: datetime | None = moment(nullable=True)


class TraceLearning(SiteScoped, table=True):
    """Whether a confirmation makes a new version at once; without a row it does."""

    __tablename__ = "trace_learning"
    __table_args__ = (UniqueConstraint("site_id"),)

    id: int = identity_key()
    at_once: bool = True
