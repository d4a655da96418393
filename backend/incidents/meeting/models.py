"""Tables of the review meeting: who comes, what each chose before seeing the ranking, the 5-why, what was decided."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class MeetingState(enum.StrEnum):
    """Where a meeting stands. While it is convened people choose blindly; once opened all see what was chosen."""

    CONVENED = "convened"
    OPENED = "opened"
    CLOSED = "closed"
    CALLED_OFF = "called_off"


LIVE = (MeetingState.CONVENED, MeetingState.OPENED)


class Factor(enum.StrEnum):
    """人机料法环管: to which the last why leads."""

    PEOPLE = "people"
    MACHINE = "machine"
    MATERIAL = "material"
    METHOD = "method"
    ENVIRONMENT = "environment"
    MANAGEMENT = "management"


class DecisionKind(enum.StrEnum):
    """What kind of control a decision makes: the five of a 管控措施."""

    ENGINEERING = "engineering"
    MANAGEMENT = "management"
    TRAINING = "training"
    PROTECTION = "protection"
    EMERGENCY = "emergency"


class Meeting(SiteScoped, table=True):
    """复盘会 or, with a number above 1, 复会. One at a time for an incident. Moments UTC.

    A trigger refuses any change of one that is closed or called off, and of all that belongs to it.
    """

    __tablename__ = "incident_meeting"
    __table_args__ = (
        UniqueConstraint("incident_id", "number"),
        Index(
            "incident_meeting_live",
            "incident_id",
            unique=True,
            postgresql_where=text("state IN ('convened', 'opened')"),
        ),
        Index("incident_meeting_now", "site_id", postgresql_where=text("state IN ('convened', 'opened')")),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    number: int
    state: str = MeetingState.CONVENED
    at: datetime = moment()
    """When it is to be held."""
    place: str
    led_by: int = reference("person.id")
    """Who convened it."""
    convened_at: datetime = moment(now=True)
    basis: dict[str, Any] = document()
    """``queries.candidates.Basis`` as it was before anybody chose."""
    opened_at: datetime | None = moment(nullable=True)
    opened_by: int | None = reference("person.id", nullable=True)
    cause: str = ""
    """The confirmed root cause: a key of the candidates, ``other``, or ``none``; empty before."""
    cause_title: str = ""
    cause_title_en: str = ""
    """What it was called then; of ``other`` the words of who confirmed."""
    reason: str = ""
    confirmed_by: int | None = reference("person.id", nullable=True)
    confirmed_at: datetime | None = moment(nullable=True)
    minutes: str = ""
    ended_at: datetime | None = moment(nullable=True)
    """Closed or called off."""
    ended_by: int | None = reference("person.id", nullable=True)
    why_off: str = ""
    version: int = 1
    """Of date, place and minutes, as a page shows them."""


class Attendee(SiteScoped, table=True):
    """Somebody who was asked to come. ``present`` None: not ticked yet."""

    __tablename__ = "incident_meeting_attendee"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id"),
        Index("incident_meeting_attendee_person", "site_id", "person_id"),
    )

    id: int = identity_key()
    meeting_id: int = reference("incident_meeting.id")
    person_id: int = reference("person.id")
    present: bool | None = None
    marked_by: int | None = reference("person.id", nullable=True)


class Choice(SiteScoped, table=True):
    """What somebody held to be the root cause before they saw the ranking. Once a person and meeting; never changed or
    deleted: a trigger refuses it. ``at`` is when by our clock, ``received_at`` when it arrived."""

    __tablename__ = "incident_meeting_choice"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    id: int = identity_key()
    meeting_id: int = reference("incident_meeting.id")
    person_id: int = reference("person.id")
    cause: str
    """A key of the candidates, or ``other`` with words."""
    words: str = ""
    saw_ranking: bool = False
    """They say that they knew already what the system ranks first: their choice isn't blind."""
    at: datetime = moment()
    received_at: datetime = moment(now=True)


class WhyChain(SiteScoped, table=True):
    """A version of the 5-why; never changed or deleted: a trigger refuses it, the newest counts."""

    __tablename__ = "incident_meeting_whys"
    __table_args__ = (UniqueConstraint("meeting_id", "version"),)

    id: int = identity_key()
    meeting_id: int = reference("incident_meeting.id")
    version: int
    lines: list[dict[str, Any]] = document(default=list)
    """``whys.Why`` each, the first first; the last answer is the root."""
    factor: str
    author_id: int = reference("person.id")
    made_at: datetime = moment(now=True)


class Decision(SiteScoped, Stamped, table=True):
    """What was decided, who does it by the end of which day; with the meeting's end it becomes a rectification."""

    __tablename__ = "incident_meeting_decision"
    __table_args__ = (
        Index("incident_meeting_decision_of", "meeting_id", "id"),
        Index("incident_meeting_decision_landed", "site_id", "rectification_id"),
    )

    id: int = identity_key()
    meeting_id: int = reference("incident_meeting.id")
    words: str
    kind: str
    owner_id: int = reference("person.id")
    due_on: date
    """The site's day."""
    added_by: int = reference("person.id")
    rectification_id: int | None = reference("rectification.id", nullable=True)
