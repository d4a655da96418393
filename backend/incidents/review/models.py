"""Tables of the review: duties not done with the answers to them, what was foretold, and the report in versions."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, UniqueConstraint, text, true
from sqlmodel import Field, col

from backend.core.tables import SiteScoped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.permissions import scope

REVIEW_JOB = "incident.review"
"""Kind of the job that reviews an incident as far as it has come; its payload: ``incident_id``."""


class LapseKind(enum.StrEnum):
    """What wasn't done in time. ``row_id`` of a lapse is of the table behind each."""

    IGNORED_WARNING = "ignored_warning"
    """``alarm``"""
    LATE_RECTIFICATION = "late_rectification"
    """``rectification``"""
    MISSED_CHECKIN = "missed_checkin"
    """``inspection_visit``"""
    MAINTENANCE_OVERDUE = "maintenance_overdue"
    """``maintenance_record``"""
    TRAINING_LAPSED = "training_lapsed"
    """``training_record``"""
    TRAINING_MISSING = "training_missing"
    """``training_assignment``"""


class Lapse(SiteScoped, table=True):
    """履职缺口: a duty that one record says wasn't done in time, as it was known at ``found_at``. Never a verdict.

    One row a person whose duty it was; ``person_id`` None: nobody held the post. Rows are never changed: a trigger
    refuses it. ``title``: what the record is about, in its own words; ``url``: where the record is shown.
    """

    __tablename__ = "incident_lapse"
    __table_args__ = (
        Index("incident_lapse_once", "incident_id", "kind", "row_id", text("COALESCE(person_id, 0)"), unique=True),
        Index("incident_lapse_person", "site_id", "person_id"),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    kind: str
    row_id: int = Field(sa_type=BigInteger)
    person_id: int | None = reference("person.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    due_at: datetime = moment()
    done_at: datetime | None = moment(nullable=True)
    """None: it wasn't done when the incident began."""
    title: str = ""
    title_en: str = ""
    url: str = ""
    found_at: datetime = moment(now=True)


class LapseReply(SiteScoped, table=True):
    """What the person concerned says; never changed either. ``at`` UTC."""

    __tablename__ = "incident_lapse_reply"
    __table_args__ = (Index("incident_lapse_reply_of", "lapse_id", "id"),)

    id: int = identity_key()
    lapse_id: int = reference("incident_lapse.id")
    person_id: int = reference("person.id")
    words: str
    at: datetime = moment(now=True)


class IncidentForecast(SiteScoped, table=True):
    """What a trace said first, while the incident went on, of equipment that it would reach. Moments UTC."""

    __tablename__ = "incident_forecast"
    __table_args__ = (UniqueConstraint("incident_id", "equipment_id"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    equipment_id: int = reference("equipment.id")
    foretold_at: datetime = moment()
    arrival_at: datetime = moment()
    earliest: datetime = moment()
    latest: datetime = moment()


class IncidentReview(SiteScoped, table=True):
    """复盘报告: one version, never changed. The worker writes one when the incident is closed, and again when its trace
    says more; each edit of the remarks is another, with its author."""

    __tablename__ = "incident_review"
    __table_args__ = (UniqueConstraint("incident_id", "version"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    version: int
    content: dict[str, Any] = document()
    """As ``review.writing`` writes it: names in both languages as they were, moments ISO 8601 in UTC."""
    remarks: str = ""
    author_id: int | None = reference("person.id", nullable=True)
    """None: the system."""
    made_at: datetime = moment(now=True)


@scope(Lapse)
def _of_oneself(actor: Actor) -> ColumnElement[bool]:
    """A worker sees what is said of themselves alone; everybody else all of the site."""
    return true() if actor.role != Role.WORKER else col(Lapse.person_id) == actor.person_id


@scope(LapseReply)
def _said_by_oneself(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.role != Role.WORKER else col(LapseReply.person_id) == actor.person_id
