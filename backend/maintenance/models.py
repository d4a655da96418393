"""Tables of maintenance: plans with their versions, and records: what is due, what was done, with its pictures."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, and_, text
from sqlmodel import col

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class MaintenanceKind(enum.StrEnum):
    """What is done."""

    SERVICE = "service"
    CALIBRATION = "calibration"
    LUBRICATION = "lubrication"
    RENEWAL = "renewal"


class MaintenancePlan(SiteScoped, Stamped, table=True):
    """保养计划: what is done on one piece of equipment, every how many days or once, and by whom; as it is now."""

    __tablename__ = "maintenance_plan"
    __table_args__ = (
        CheckConstraint("interval_days > 0", name="maintenance_plan_interval"),
        Index("maintenance_plan_equipment", "site_id", "equipment_id"),
    )

    id: int = identity_key()
    equipment_id: int = reference("equipment.id")
    name: str
    name_en: str = ""
    kind: str = MaintenanceKind.SERVICE
    interval_days: int | None = None
    """From one time to the next, in days; None: it is done once."""
    since: date
    """Counted from while it was never done under the plan; of what is done once, the day it is due."""
    post_id: int | None = reference("post.id", nullable=True)
    """Whose it is; None for a plan that was made of records of equipment without an owner."""
    notice_days: int = 7
    """So many days before it is due people see it and are told."""
    asks_photo: bool = False
    active: bool = True
    version: int = 1
    sample: bool = False


class MaintenancePlanVersion(SiteScoped, Stamped, table=True):
    """A plan as it was from one change to the next; never changed or deleted."""

    __tablename__ = "maintenance_plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: int = identity_key()
    plan_id: int = reference("maintenance_plan.id")
    number: int
    terms: dict[str, Any] = document()
    """``schedule.Terms`` as JSON, and ``active``."""
    made_by: int | None = reference("person.id", nullable=True)
    """None: it came with a starter pack, or was made of older records."""
    why: str = ""
    origin: str = ""
    """Words for what it came from: a suggestion, an incident; "" where a person had the idea."""
    origin_en: str = ""
    origin_url: str = ""


class MaintenanceRecord(SiteScoped, table=True):
    """One time at which equipment is to be maintained, or was.

    Open: neither ``done_on`` nor ``dropped_on``; a plan in use has exactly one. Once done it is never changed.
    """

    __tablename__ = "maintenance_record"
    __table_args__ = (
        Index("maintenance_equipment", "site_id", "equipment_id", "due_on"),
        Index(
            "maintenance_record_open",
            "plan_id",
            unique=True,
            postgresql_where=text("plan_id IS NOT NULL AND done_on IS NULL AND dropped_on IS NULL"),
        ),
        Index("maintenance_record_done", "plan_id", "done_on"),
        Index("maintenance_record_due", "due_on", postgresql_where=text("done_on IS NULL AND dropped_on IS NULL")),
    )

    id: int = identity_key()
    equipment_id: int = reference("equipment.id")
    plan_id: int | None = reference("maintenance_plan.id", nullable=True)
    post_id: int | None = reference("post.id", nullable=True)
    """Whose it is, or was: the plan's post."""
    summary: str
    summary_en: str = ""
    due_on: date | None = None
    """A day of the site; None of what was done though nothing was due."""
    asked_on: date | None = None
    """Since when ``due_on`` is that day: before it nobody could be late. None: always."""
    done_on: date | None = None
    """A day of the site, as the person who did it says."""
    done_by: int | None = reference("person.id", nullable=True)
    recorded_at: datetime | None = moment(nullable=True)
    """When it was filled in, by our clock; earlier than it arrived for a phone without a network."""
    note: str = ""
    dropped_on: date | None = None
    """The day on which it was taken back undone: its plan was paused."""
    soon_told_on: date | None = None
    late_told_on: date | None = None
    """The days of the site on which people were last told that it is due soon, and that it is late."""
    sample: bool = False

    @property
    def number(self) -> str:
        """What people call it."""
        return f"BY-{self.id:06d}"


class MaintenancePhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture of what was done, without its EXIF; never changed or deleted."""

    __tablename__ = "maintenance_photo"
    __table_args__ = (Index("maintenance_photo_of", "record_id", "id"),)

    id: int = identity_key()
    record_id: int = reference("maintenance_record.id")
    uploaded_by: int = reference("person.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


def is_open() -> ColumnElement[bool]:
    """The condition under which a record is still to be done."""
    return and_(col(MaintenanceRecord.done_on).is_(None), col(MaintenanceRecord.dropped_on).is_(None))
