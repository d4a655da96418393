"""What a worker does with a site's past: learn what is normal from it, or try a learned normal on it."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, document, identity_key, moment, reference

NORMAL_JOB = "normal.work"


class WorkKind(enum.StrEnum):
    """What is to come out."""

    LEARN = "learn"
    TRY = "try"


class WorkState(enum.StrEnum):
    """How far it is. ``refused``: the readings don't serve, ``NormalWork.problem`` says why; ``broken``: its job
    failed for good."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    BROKEN = "broken"


class NormalWork(SiteScoped, table=True):
    """Readings of a time are taken in, piece by piece; then a normal is learned from them or tried on them."""

    __tablename__ = "normal_work"
    __table_args__ = (
        Index("normal_work_recent", "site_id", "id"),
        Index("normal_work_running", "site_id", unique=True, postgresql_where=text("state = 'running'")),
    )

    id: int = identity_key()
    kind: str
    normal_id: int | None = reference("learned_normal.id", nullable=True)
    """The version that is tried; of learning the version that came out."""
    from_at: datetime = moment()
    to_at: datetime = moment()
    with_deviations: bool = False
    """Times of early warnings are learned too: the former normal no longer holds."""
    row_s: float
    """Seconds of a row."""
    point_ids: list[int] = document(default=list)
    read_rows: int = 0
    rows: int
    """Rows between ``from_at`` and ``to_at``; ``read_rows`` of them are taken in."""
    rule: dict[str, Any] = document()
    """Of a trial: how the rule judges that would use it (``alarms.evaluation.Rule``)."""
    state: str = WorkState.RUNNING
    problem: str = ""
    """msgid"""
    result: dict[str, Any] = document()
    """Of learning: ``rows``, ``left_out`` (rows in alarms), ``points``. Of a trial: see ``trying.Outcome``."""
    asked_by: int | None = reference("person.id", nullable=True)
    asked_at: datetime = moment(now=True)
    finished_at: datetime | None = moment(nullable=True)


class NormalPiece(SiteScoped, table=True):
    """Rows that were taken in and wait for the rest."""

    __tablename__ = "normal_piece"

    work_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="normal_work.id", ondelete="CASCADE")
    first_row: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)
    """zlib of float64, rows × (1 + points): the moment in seconds, then the values."""
