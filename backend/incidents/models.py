"""Tables of incidents: what broke out, from what it is known, what was done, how the plant was just before."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class IncidentState(enum.StrEnum):
    """Where an incident stands. ``called_off``: it was none (误报)."""

    OPEN = "open"
    CONTAINED = "contained"
    CLOSED = "closed"
    CALLED_OFF = "called_off"


class IncidentKind(enum.StrEnum):
    """What broke out."""

    EQUIPMENT_FAILURE = "equipment_failure"
    GAS_LEAK = "gas_leak"
    """Gas, or what else gets into the surroundings."""
    FIRE = "fire"
    INJURY = "injury"
    OPERATION_VIOLATION = "operation_violation"
    NEAR_MISS = "near_miss"
    OTHER = "other"


class Phase(enum.StrEnum):
    """What the plant was doing when it broke out."""

    STARTUP = "startup"
    RUNNING = "running"
    STOP = "stop"
    HANDLING = "handling"
    """Repair, cleaning, or while something else was being handled."""


class Incident(SiteScoped, table=True):
    """One incident. Moments UTC; ``began_at`` is its first sign, by our clock.

    ``level`` is how gravely it is handled (重大/较大/一般), not the class of an accident (事故等级), which the losses
    decide in the end.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("incident_recent", "site_id", "id"),
        Index("incident_began", "site_id", "began_at"),
        Index("incident_open", "site_id", "state", postgresql_where=text("state IN ('open', 'contained')")),
        Index("incident_group", "group_id"),
        Index("incident_equipment", "site_id", "equipment_id"),
        Index("incident_area", "site_id", "area_id"),
        Index("incident_again", "again_of"),
        CheckConstraint("(closed_at IS NOT NULL) = (state IN ('closed', 'called_off'))", name="incident_ended_once"),
    )

    id: int = identity_key()
    number: str
    """What people call it, ``SJ-20261124-003``."""
    state: str = IncidentState.OPEN
    kind: str
    phase: str = Phase.RUNNING
    phase_basis: dict[str, Any] = document()
    """Why the phase was guessed, in both languages; empty once a person said it, or where nothing is known."""
    level: str
    title: str
    title_en: str
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    group_id: int | None = reference("alarm_group.id", nullable=True)
    """The flood of alarms by which it shows, whose trace explains it."""
    began_at: datetime = moment()
    opened_at: datetime = moment(now=True)
    opened_by: int | None = reference("person.id", nullable=True)
    """None: the system opened it."""
    policy_version: int = 0
    """Of the site's rules by which it was opened; 0: the usual ones."""
    last_source_at: datetime = moment(now=True)
    """When something was last counted to it."""
    lead_id: int | None = reference("person.id", nullable=True)
    """Who is in charge (现场指挥)."""
    contained_at: datetime | None = moment(nullable=True)
    contained_by: int | None = reference("person.id", nullable=True)
    closed_at: datetime | None = moment(nullable=True)
    closed_by: int | None = reference("person.id", nullable=True)
    accident: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """A value of ``hazards.accidents.Accident``, of a near miss that of what it might have become; "" : not told."""
    losses: str = ""
    loss_yuan: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """Direct loss."""
    injured: int | None = None
    deaths: int | None = None
    again_of: int | None = reference("incident.id", nullable=True)
    """One that was over when its alarm came again, which opened this one."""
    version: int = 1


class SourceKind(enum.StrEnum):
    """From what an incident is known."""

    ALARM = "alarm"
    GROUP = "group"
    REPORT = "report"
    PERSON = "person"
    """A person's tap; the source is the disposal that keeps their words."""


class IncidentSource(SiteScoped, table=True):
    """Something that belongs to an incident. Each belongs to one at most, so that nothing opens two; an alarm that
    comes again when its incident is over is another ``occurrence``."""

    __tablename__ = "incident_source"
    __table_args__ = (
        UniqueConstraint("site_id", "kind", "source_id", "occurrence"),
        Index("incident_source_of", "incident_id", "id"),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    kind: str
    source_id: int = Field(sa_type=BigInteger)
    occurrence: int = 1
    """How often an alarm had been raised when it was counted to it; of all else 1."""
    at: datetime = moment()
    """When it showed."""
    added_at: datetime = moment(now=True)


class Deed(enum.StrEnum):
    """What a line of an incident's log tells: a step that moves it, or what somebody did on site."""

    OPENED = "opened"
    REPORTED = "reported"
    JOINED = "joined"
    FLARED = "flared"
    LED = "led"
    SET = "set"
    CONTAINED = "contained"
    CLOSED = "closed"
    CALLED_OFF = "called_off"
    CLASSIFIED = "classified"
    """Its accident type was told, also after its end."""
    PLUME = "plume"
    """A gas leak was stated, from which its spreading is estimated."""

    STEP_DONE = "step_done"
    STEP_SKIPPED = "step_skipped"
    STEP_UNDONE = "step_undone"
    EVACUATING = "evacuating"
    EVACUATED = "evacuated"
    CORDONED = "cordoned"
    CORDON_LIFTED = "cordon_lifted"

    STOP = "stop"
    ISOLATE = "isolate"
    RELIEVE = "relieve"
    VENTILATE = "ventilate"
    EXTINGUISH = "extinguish"
    RESCUE = "rescue"
    EVACUATE = "evacuate"
    CALL = "call"
    CHECK = "check"
    REPAIR = "repair"
    NOTE = "note"


ACTIONS = (
    Deed.STOP,
    Deed.ISOLATE,
    Deed.RELIEVE,
    Deed.VENTILATE,
    Deed.EXTINGUISH,
    Deed.RESCUE,
    Deed.EVACUATE,
    Deed.CALL,
    Deed.CHECK,
    Deed.REPAIR,
    Deed.NOTE,
)
"""What people on site log, in the order in which it is offered."""


class Disposal(SiteScoped, table=True):
    """处置: one line of an incident's log. Rows are never changed or deleted: a trigger refuses it.

    ``at`` is when it was done by our clock, ``received_at`` when it arrived.
    """

    __tablename__ = "incident_disposal"
    __table_args__ = (Index("incident_disposal_of", "incident_id", "at", "id"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    kind: str
    person_id: int | None = reference("person.id", nullable=True)
    """None: the system."""
    words: str = ""
    change: dict[str, Any] = document()
    """``{"field": [before, after]}`` of a step that changed the incident; ``about``: what else the line is about, in
    both languages (``{"zh": …, "en": …}``)."""
    voice_path: str = ""
    at: datetime = moment()
    received_at: datetime = moment(now=True)


class DisposalPhoto(SiteScoped, Stamped, table=True):
    """A re-encoded picture of a disposal, without its EXIF; never changed or deleted either."""

    __tablename__ = "incident_disposal_photo"
    __table_args__ = (Index("incident_disposal_photo_of", "disposal_id", "id"),)

    id: int = identity_key()
    disposal_id: int = reference("incident_disposal.id")
    sha256: str
    path: str
    thumbnail_path: str
    width: int
    height: int
    bytes: int


class IncidentAftermath(SiteScoped, Stamped, table=True):
    """How readings changed after a deed, kept once the minutes after it are over: it outlives the readings."""

    __tablename__ = "incident_aftermath"
    __table_args__ = (UniqueConstraint("disposal_id"),)

    id: int = identity_key()
    disposal_id: int = reference("incident_disposal.id")
    changes: list[dict[str, Any]] = document(default=list)
    """``point_id``, means ``before`` and ``after`` in its unit, ``moved`` (a code of ``review.effects.Moved``)."""


class IncidentTrend(SiteScoped, table=True):
    """How one point was in the minutes before: where its readings lie, and a summary that outlives them."""

    __tablename__ = "incident_trend"
    __table_args__ = (UniqueConstraint("incident_id", "point_id"), Index("incident_trend_point", "point_id"))

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    point_id: int = reference("point.id")
    nearness: str
    """A code of ``before.Nearness``: what the point has to do with the place."""
    position: int
    """Order on the page."""
    since: datetime = moment()
    until: datetime = moment()
    cells: dict[str, Any] = document()
    """``cell_s``, and for each cell that has readings its ``at`` (epoch seconds), ``mean``, ``low``, ``high``."""


class IncidentPolicy(SiteScoped, Stamped, table=True):
    """Which outbreaks open an incident at a site: each change is a further version, the newest counts."""

    __tablename__ = "incident_policy"
    __table_args__ = (UniqueConstraint("site_id", "version"),)

    id: int = identity_key()
    version: int
    alarm_level: str
    """An alarm of this level or above opens one; empty: none does by itself."""
    flood_alarms: int
    """So many alarms of one flood open one; 0: no number does."""
    flood_minutes: int
    """Within so many minutes."""
    major_hazards: bool
    """A hazard that a leader accepted as 重大 opens one."""
    join_minutes: int
    """So long after its last sign something at the same place counts to an open one."""
    set_by: int = reference("person.id")
