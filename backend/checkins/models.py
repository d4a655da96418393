"""Tables of check-ins: a site's shifts, plans with their checklists, the visits they ask for, and what was found."""

import enum
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, UniqueConstraint, or_, select, text, true
from sqlmodel import Field, col

from backend.core.statements import among
from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder, Role
from backend.identity.permissions import scope, visible

_ONE_PLACE = "num_nonnulls(equipment_id, area_id) = 1"


class VisitState(enum.StrEnum):
    """Where a visit stands. ``made_up``: it was missed, and done before the next one was over."""

    DUE = "due"
    DONE = "done"
    MISSED = "missed"
    MADE_UP = "made_up"


class Proof(enum.StrEnum):
    """What shows that somebody was there."""

    LABEL = "label"
    MANUAL = "manual"


class SiteCalendar(SiteScoped, table=True):
    """When shifts of a site begin, and its holidays; a site without one works by ``calendar.USUAL_SHIFTS``."""

    __tablename__ = "site_calendar"
    __table_args__ = (UniqueConstraint("site_id"),)

    id: int = identity_key()
    shifts: list[str] = document(default=list)
    """``["08:00", "20:00"]`` on the site's wall clock."""
    holidays: list[str] = document(default=list)
    """``["2026-10-01"]``, days of the site."""


class InspectionPlan(SiteScoped, Stamped, table=True):
    """巡检计划: who looks at which places how often, by which checklist."""

    __tablename__ = "inspection_plan"
    __table_args__ = (
        Index("inspection_plan_active", "site_id", "active"),
        CheckConstraint("rhythm <> 'interval' OR interval_minutes > 0", name="inspection_plan_interval"),
    )

    id: int = identity_key()
    name: str
    name_en: str = ""
    post_id: int = reference("post.id")
    rhythm: str
    """A value of ``schedule.Rhythm``."""
    interval_minutes: int | None = None
    begins_at: datetime = moment()
    """The first visit is the one due then; intervals are counted from it."""
    skips_holidays: bool = False
    asks_photo: bool = False
    """Whether each visit needs a photo taken there."""
    active: bool = True
    planned_until: datetime | None = moment(nullable=True)
    """Visits whose window opens before are made; None while there are none."""
    checklist_id: int | None = Field(default=None, sa_type=BigInteger)
    """The present one of its checklists; no foreign key, since they refer to each other."""
    version: int = 1
    sample: bool = False


class Checklist(SiteScoped, Stamped, table=True):
    """The items of a plan as they were; never changed, so that an answer stays the answer to its question."""

    __tablename__ = "checklist"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: int = identity_key()
    plan_id: int = reference("inspection_plan.id")
    number: int = 1
    items: list[dict[str, Any]] = document(default=list)
    """``checklists.Question`` as JSON."""


class InspectionStop(SiteScoped, table=True):
    """A place of a plan, in the order of the round. A stop that is left out later stays for its past visits."""

    __tablename__ = "inspection_stop"
    __table_args__ = (
        CheckConstraint(_ONE_PLACE, name="inspection_stop_one_place"),
        Index("inspection_stop_plan", "plan_id", "position"),
        Index("inspection_stop_equipment", "equipment_id"),
    )

    id: int = identity_key()
    plan_id: int = reference("inspection_plan.id")
    position: int = 0
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    active: bool = True


class InspectionVisit(SiteScoped, Stamped, table=True):
    """One look at one stop that is due from ``opens_at`` until ``closes_at``."""

    __tablename__ = "inspection_visit"
    __table_args__ = (
        UniqueConstraint("stop_id", "opens_at"),
        Index("inspection_visit_post", "site_id", "post_id", "closes_at"),
        Index("inspection_visit_due", "closes_at", postgresql_where=text("state = 'due'")),
        Index("inspection_visit_plan", "plan_id", "opens_at"),
        # Counts over months read the index alone.
        Index("inspection_visit_closed", "site_id", "closes_at", postgresql_include=["plan_id", "missed_at"]),
    )

    id: int = identity_key()
    plan_id: int = reference("inspection_plan.id")
    stop_id: int = reference("inspection_stop.id")
    post_id: int = reference("post.id")
    """Whose it is: the plan's post when the visit was made."""
    opens_at: datetime = moment()
    closes_at: datetime = moment()
    state: str = VisitState.DUE
    missed_at: datetime | None = moment(nullable=True)
    """When it was found missing; stays when it is made up for."""


SENT_AT_ONCE = timedelta(minutes=5)
"""What arrives so soon after it was made was not kept on the phone."""


class CheckIn(SiteScoped, Stamped, table=True):
    """巡检打卡: somebody was there and answered. Without ``visit_id`` nobody had asked for it."""

    __tablename__ = "check_in"
    __table_args__ = (
        CheckConstraint(_ONE_PLACE, name="check_in_one_place"),
        Index("check_in_visit", "visit_id"),
        Index("check_in_equipment", "equipment_id", "at"),
        Index("check_in_area", "area_id", "at"),
        Index("check_in_person", "site_id", "person_id", "at"),
        Index("check_in_recent", "site_id", "at"),
        Index("check_in_position", "at", postgresql_where=text("lat IS NOT NULL")),
    )

    id: int = identity_key()
    visit_id: int | None = reference("inspection_visit.id", nullable=True)
    checklist_id: int | None = reference("checklist.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    person_id: int = reference("person.id")
    at: datetime = moment()
    """When it was, by our clock; ``created_at`` is when we got it."""
    late: bool = False
    proof: str = Proof.MANUAL
    label_id: int | None = Field(default=None, sa_type=BigInteger)
    lat: float | None = None
    """Degrees, WGS 84, rounded to about 11 m; forgotten after ``keep_positions_days``."""
    lon: float | None = None
    accuracy_m: float | None = None
    away: bool = False
    """The position was outside of the place's fence: flagged, since a phone may be wrong."""
    failed: int = 0
    """How many items were found bad."""
    note: str = ""

    @property
    def number(self) -> str:
        """What people call it."""
        return f"XJ-{self.id:06d}"

    @property
    def sent_later(self) -> bool:
        """Whether the phone kept it for a while: ``at`` is what the phone says then, and nobody saw it at that time."""
        return self.created_at - self.at > SENT_AT_ONCE


class CheckInAnswer(SiteScoped, table=True):
    """What was answered to one item, with the item's words as they were."""

    __tablename__ = "check_in_answer"
    __table_args__ = (UniqueConstraint("check_in_id", "position"),)

    id: int = identity_key()
    check_in_id: int = reference("check_in.id")
    position: int
    kind: str
    title: str
    title_en: str = ""
    unit: str = ""
    answer: str = ""
    verdict: str
    note: str = ""
    hazard_report_id: int | None = Field(default=None, sa_type=BigInteger)
    """The hazard report that was made of a failed item."""


class CheckInPhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture without its EXIF; of an item, or (``position`` None) of the whole visit."""

    __tablename__ = "check_in_photo"
    __table_args__ = (Index("check_in_photo_of", "check_in_id"),)

    id: int = identity_key()
    check_in_id: int = reference("check_in.id")
    position: int | None = None
    uploaded_by: int = reference("person.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


class PlaceFence(SiteScoped, table=True):
    """Where on earth a place is, and how far around it one is still there."""

    __tablename__ = "place_fence"
    __table_args__ = (
        CheckConstraint(_ONE_PLACE, name="place_fence_one_place"),
        UniqueConstraint("equipment_id"),
        UniqueConstraint("area_id"),
    )

    id: int = identity_key()
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    lat: float
    lon: float
    radius_m: float


class PositionConsent(SiteScoped, table=True):
    """A person agreed that check-ins carry their coarse position; taking it back deletes the row."""

    __tablename__ = "position_consent"
    __table_args__ = (UniqueConstraint("person_id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    given_at: datetime = moment(now=True)


@scope(InspectionVisit)
def _of_own_posts_and_team(actor: Actor) -> ColumnElement[bool]:
    """A worker sees visits of posts that they or people of their team hold; everybody else all of the site."""
    if actor.role != Role.WORKER:
        return true()
    own = among(col(InspectionVisit.post_id), actor.post_ids)
    if actor.team_id is None:
        return own
    held_by_mates = (
        select(col(PostHolder.post_id))
        .join(Person, col(Person.id) == col(PostHolder.person_id))
        .where(visible(actor, PostHolder), col(PostHolder.until).is_(None), col(Person.team_id) == actor.team_id)
    )
    return or_(own, col(InspectionVisit.post_id).in_(held_by_mates))


@scope(CheckIn)
def _own_and_team(actor: Actor) -> ColumnElement[bool]:
    """A worker sees their own and their team's; everybody else all of the site."""
    if actor.role != Role.WORKER:
        return true()
    own = col(CheckIn.person_id) == actor.person_id
    if actor.team_id is None:
        return own
    mates = select(col(Person.id)).where(visible(actor, Person), col(Person.team_id) == actor.team_id)
    return or_(own, col(CheckIn.person_id).in_(mates))


def _of_visible_check_ins(actor: Actor, check_in_id: Any) -> ColumnElement[bool]:
    if actor.role != Role.WORKER:
        return true()
    seen: ColumnElement[bool] = check_in_id.in_(select(col(CheckIn.id)).where(visible(actor, CheckIn)))
    return seen


@scope(CheckInAnswer)
def _answers_with_their_check_in(actor: Actor) -> ColumnElement[bool]:
    return _of_visible_check_ins(actor, col(CheckInAnswer.check_in_id))


@scope(CheckInPhoto)
def _photos_with_their_check_in(actor: Actor) -> ColumnElement[bool]:
    return _of_visible_check_ins(actor, col(CheckInPhoto.check_in_id))
