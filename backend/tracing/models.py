"""Table of traces."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from backend.core.tables import SiteScoped, document, identity_key, moment, reference

TRACE_JOB = "trace.make"
"""Kind of the job that makes a trace; ``dedupe_key`` begins with the group's id."""


class Trace(SiteScoped, table=True):
    """The answer for one group of alarms: ranked causes, path, scope, posts, advice. Refined as data comes."""

    __tablename__ = "trace"
    __table_args__ = (Index("trace_recent", "site_id", "id"),)

    id: int = identity_key()
    group_id: int = Field(unique=True, foreign_key="alarm_group.id")
    revision: int = 1
    first_made_at: datetime = moment(now=True)
    made_at: datetime = moment(now=True)
    window_from: datetime = moment()
    window_to: datetime = moment()
    result: dict[str, Any] = document()
    """As ``tracing.story`` writes it; ids of points, equipment, areas, posts, never copies of their names."""
    confirmed_node: str = ""
    """The root cause a person confirmed, as a node key; empty before."""
    confirmed_by: int | None = reference("person.id", nullable=True)
    confirmed_at: datetime | None = moment(nullable=True)
    confirmation_note: str = ""
