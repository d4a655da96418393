"""Tables of positions: what each person agreed to, what their phones sent, how long it is kept, what was deleted."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, or_, select, true
from sqlmodel import col

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import scope, visible


class SendingConsent(SiteScoped, Stamped, table=True):
    """A person agreed, or took it back. Rows are never changed or deleted (a trigger refuses it): the newest counts.

    Without one nobody has agreed.
    """

    __tablename__ = "incident_sending_consent"
    __table_args__ = (Index("incident_sending_consent_of", "site_id", "person_id", "id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    given: bool
    wording: int
    """Which version of the words they read (``wording.CONSENT_VERSION``)."""


class IncidentPosition(SiteScoped, table=True):
    """Where a phone was during an incident that concerned its person.

    Rows are never changed (a trigger refuses it), but deleted in time or when their person wants it.
    """

    __tablename__ = "incident_position"
    __table_args__ = (
        UniqueConstraint("incident_id", "person_id", "device_at"),
        CheckConstraint("on_site OR lat IS NULL", name="incident_position_off_site_has_no_place"),
        Index("incident_position_at", "incident_id", "person_id", "at"),
        Index("incident_position_of_person", "site_id", "person_id", "at"),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    person_id: int = reference("person.id")
    device_at: datetime = moment()
    """When it was by the phone's own clock: by it a position that is sent twice is known."""
    at: datetime = moment()
    """When it was, by our clock."""
    received_at: datetime = moment(now=True)
    on_site: bool
    """Off the site nothing but that is kept."""
    lat: float | None = None
    """Degrees, WGS 84."""
    lon: float | None = None
    accuracy_m: float | None = None
    vague: bool = False
    """The phone knew its place badly (``judging.VAGUE_M``)."""
    jumped: bool = False
    """Nobody moves so fast from where they were just before."""


class Erased(enum.StrEnum):
    """Why positions were deleted."""

    IN_TIME = "in_time"
    BY_PERSON = "by_person"
    """Whose they were wanted it."""


class PositionErasure(SiteScoped, table=True):
    """So many positions of an incident were deleted; never changed or deleted itself (a trigger refuses it)."""

    __tablename__ = "incident_position_erasure"
    __table_args__ = (Index("incident_position_erasure_of", "incident_id", "id"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    why: str
    positions: int
    people: int
    at: datetime = moment(now=True)


class PositionRule(SiteScoped, Stamped, table=True):
    """How long a site keeps positions and where its ground is: each change is a further version, the newest counts."""

    __tablename__ = "incident_position_rule"
    __table_args__ = (
        UniqueConstraint("site_id", "version"),
        CheckConstraint("num_nonnulls(lat, lon, radius_m) IN (0, 3)", name="incident_position_rule_whole_ground"),
    )

    id: int = identity_key()
    version: int
    keep_days: int
    lat: float | None = None
    """Centre of the site's ground; None: the fences of its places say where it is."""
    lon: float | None = None
    radius_m: float | None = None
    set_by: int = reference("person.id")


@scope(IncidentPosition)
def _own_and_team(actor: Actor) -> ColumnElement[bool]:
    """A worker sees their own and their team's, as of check-ins; who can lead sees all of the site."""
    if actor.role != Role.WORKER:
        return true()
    own = col(IncidentPosition.person_id) == actor.person_id
    if actor.team_id is None:
        return own
    mates = select(col(Person.id)).where(visible(actor, Person), col(Person.team_id) == actor.team_id)
    return or_(own, col(IncidentPosition.person_id).in_(mates))


@scope(SendingConsent)
def _own(actor: Actor) -> ColumnElement[bool]:
    """What somebody agreed to is theirs: nobody else looks it up."""
    return col(SendingConsent.person_id) == actor.person_id
