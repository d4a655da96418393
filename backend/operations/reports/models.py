"""Tables of safety reports: each a version of what a period gave, and who is told of them."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from backend.core.tables import SiteScoped, document, identity_key, moment, reference

REPORT_JOB = "safety_report.write"
"""Kind of the job that writes one; its payload: ``site_id``, ``kind``, ``first`` (ISO day), ``stage_id``."""


class Period(enum.StrEnum):
    """What a report is of."""

    WEEK = "week"
    """From Monday to Sunday."""
    MONTH = "month"


class SafetyReport(SiteScoped, table=True):
    """A report as it was written; written anew it is a further version, since figures of a period may still move."""

    __tablename__ = "safety_report"
    __table_args__ = (
        Index("safety_report_once", "site_id", "kind", "first", "stage_id", "version", unique=True),
        Index("safety_report_recent", "site_id", "first"),
    )

    id: int = identity_key()
    kind: str
    first: date
    """Its first day; ``until`` is the day after its last. Days of the site."""
    until: date
    stage_id: int = Field(default=0, sa_type=BigInteger)
    """0: the whole site."""
    version: int = 1
    made_at: datetime = moment(now=True)
    made_by: int | None = reference("person.id", nullable=True)
    """None: the worker, when the period was over."""
    content: dict[str, Any] = document()
    """As ``gathering.gathered`` gives it: figures and records, in no language."""


class ReportAudience(SiteScoped, table=True):
    """Who is told of reports of a kind. The newest holds; without one, who governs the site is told."""

    __tablename__ = "report_audience"
    __table_args__ = (Index("report_audience_recent", "site_id", "kind", "id"),)

    id: int = identity_key()
    kind: str
    person_ids: list[int] = document(default=list)
    set_by: int | None = reference("person.id", nullable=True)
    set_at: datetime = moment(now=True)


NO_STAGE = 0
"""``stage_id`` of a report of the whole site."""
