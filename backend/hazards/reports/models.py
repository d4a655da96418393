"""Tables of hazard reports: what somebody saw, its pictures and voice note, and what became of it."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, UniqueConstraint, or_, select, text, true
from sqlalchemy.orm import aliased
from sqlmodel import Field, col

from backend.core.statements import one_of
from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.permissions import scope, system_query, visible


class Factor(enum.StrEnum):
    """What the hazard lies in: the four groups of GB/T 13861-2022 (人、物、环、管)."""

    PERSON = "person"
    OBJECT = "object"
    ENVIRONMENT = "environment"
    MANAGEMENT = "management"


class ReportState(enum.StrEnum):
    """What was decided about a report."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    MERGED = "merged"
    REFUSED = "refused"


class Origin(enum.StrEnum):
    """How a report came to be: sent by a person, from a failed item of a check-in, or by somebody without a sign-in."""

    PERSON = "person"
    CHECKIN = "checkin"
    PUBLIC = "public"


class HazardReport(SiteScoped, Stamped, table=True):
    """A hazard as somebody saw it. ``level`` is the suggestion until a leader accepts it with theirs."""

    __tablename__ = "hazard_report"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("hazard_report_state", "site_id", "state", "id"),
        Index("hazard_report_reporter", "site_id", "reporter_id", "id"),
        Index("hazard_report_equipment", "site_id", "equipment_id"),
        Index("hazard_report_area", "site_id", "area_id"),
        Index("hazard_report_merged", "merged_into_id"),
        Index("hazard_report_rectification", "rectification_id"),
        Index("hazard_report_made", "site_id", "created_at"),
        Index("hazard_report_remind", "remind_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "hazard_report_public_key",
            "site_id",
            "public_key",
            unique=True,
            postgresql_where=text("public_key <> ''"),
        ),
        CheckConstraint("(reporter_id IS NULL) = (origin = 'public')", name="hazard_report_public_is_anonymous"),
    )

    id: int = identity_key()
    number: str
    """What people call it, ``SB-20261124-003``."""
    title: str = ""
    """Given by a check-in; people's own reports are named after their first words."""
    details: str = ""
    factor: str
    accident: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What may come of it: a value of ``hazards.accidents.Accident``, said by who decides; "" : not told."""
    level: str
    level_reason: str = ""
    """Why that level was suggested, a code of ``suggest.Reason``."""
    level_sign: str = ""
    """The word of the report that it follows from, where the reason is a word."""
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    latitude: float | None = None
    """WGS 84, degrees; only when the reporter asked their phone for it."""
    longitude: float | None = None
    accuracy_m: float | None = None
    origin: str = Origin.PERSON
    origin_id: int | None = Field(default=None, sa_type=BigInteger)
    """The check-in's item it comes from."""
    reporter_id: int | None = reference("person.id", nullable=True)
    public_key: str = ""
    """The form's own number of an anonymous report, so that one sent twice arrives once."""
    captured_at: datetime | None = moment(nullable=True)
    """When it was written, by our clock, if that was clearly before it arrived."""
    voice_path: str = ""
    state: str = ReportState.WAITING
    team_id: int | None = reference("team.id", nullable=True)
    """The team that owns the hazard, once accepted."""
    merged_into_id: int | None = reference("hazard_report.id", nullable=True)
    rectification_id: int | None = reference("rectification.id", nullable=True)
    decided_by: int | None = reference("person.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)
    decision_note: str = ""
    remind_at: datetime | None = moment(nullable=True)
    """When somebody is next reminded that it waits for a decision."""


class ReportPhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture of a report, without its EXIF; paths are below the data folder's ``photos``."""

    __tablename__ = "hazard_report_photo"
    __table_args__ = (Index("hazard_report_photo_of", "report_id", "id"),)

    id: int = identity_key()
    report_id: int = reference("hazard_report.id")
    sha256: str
    path: str
    thumbnail_path: str
    original_path: str = ""
    """The picture before somebody drew on it or blurred a part; only for those who decide on reports."""
    width: int
    height: int
    bytes: int


class PublicLink(SiteScoped, Stamped, table=True):
    """The address under which anybody may report to the site, while it has one. A new key ends the old address."""

    __tablename__ = "public_report_link"
    __table_args__ = (UniqueConstraint("site_id"), UniqueConstraint("key"))

    id: int = identity_key()
    key: str
    opened_by: int = reference("person.id")


OPEN_STATES = (ReportState.WAITING, ReportState.ACCEPTED)
"""States in which a report stands for a hazard of its own."""


@scope(HazardReport)
@system_query("it is the rule itself by which reports are visible")
def _own_and_open(actor: Actor) -> ColumnElement[bool]:
    """A worker sees their own, what theirs were merged into, and all that stand open, so that nobody reports twice."""
    if actor.role != Role.WORKER:
        return true()
    own = aliased(HazardReport)
    joined = select(col(own.merged_into_id)).where(
        col(own.site_id) == actor.site_id, col(own.reporter_id) == actor.person_id, col(own.merged_into_id).is_not(None)
    )
    return or_(
        col(HazardReport.reporter_id) == actor.person_id,
        one_of(col(HazardReport.state), OPEN_STATES),
        col(HazardReport.id).in_(joined),
    )


@scope(ReportPhoto)
def _with_their_report(actor: Actor) -> ColumnElement[bool]:
    if actor.role != Role.WORKER:
        return true()
    seen: Any = select(col(HazardReport.id)).where(visible(actor, HazardReport))
    return or_(col(ReportPhoto.report_id).in_(seen))
