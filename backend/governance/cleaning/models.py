"""Tables of the cleaning queue: what is suspected and why, the records it is about, what people decided."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, UniqueConstraint, text, true
from sqlmodel import Field, SQLModel, col

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.permissions import of_own_team, scope


class Suspicion(enum.StrEnum):
    """What may be wrong."""

    DUPLICATE = "duplicate"
    INVALID = "invalid"
    STUCK = "stuck"
    DRIFTED = "drifted"
    LATE = "late"


class Subject(enum.StrEnum):
    """What a case is about: values of a point, late values of a source, or records of people."""

    VALUES = "values"
    SOURCE = "source"
    REPORTS = "reports"
    RECTIFICATIONS = "rectifications"
    CHECKINS = "checkins"


class CaseState(enum.StrEnum):
    """Where a case stands. Taken back, it waits again."""

    OPEN = "open"
    EXCLUDED = "excluded"
    KEPT = "kept"


class CleaningCase(SiteScoped, Stamped, table=True):
    """Suspect data that one decision settles. The finders extend it while it is open, and never touch it after."""

    __tablename__ = "cleaning_case"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("cleaning_case_waiting", "site_id", "concerns", "count", "id", postgresql_where=text("state = 'open'")),
        Index("cleaning_case_recent", "site_id", "until"),
        Index("cleaning_case_point", "point_id", "until", postgresql_where=text("point_id IS NOT NULL")),
    )

    id: int = identity_key()
    suspicion: str
    subject: str
    key: str
    """What makes it the same when it is found again."""
    point_id: int | None = reference("point.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    person_id: int | None = reference("person.id", nullable=True)
    """Of late records: who made them."""
    team_id: int | None = reference("team.id", nullable=True)
    """Whose it is to decide besides those who govern data."""
    source: str = ""
    since: datetime = moment()
    until: datetime = moment()
    count: int = 0
    """So many values or records are suspect."""
    concerns: int = 0
    """Records in the indicators that an exclusion takes out: the worst effect is shown first."""
    evidence: dict[str, Any] = document()
    """What it rests on, by suspicion: ``wording.why``."""
    state: str = CaseState.OPEN


class CleaningRecord(SiteScoped, table=True):
    """A record that a case is about; a suspect one is found for a suspicion only once."""

    __tablename__ = "cleaning_record"
    __table_args__ = (
        Index(
            "cleaning_record_once",
            "site_id",
            "suspicion",
            "kind",
            "record_id",
            unique=True,
            postgresql_where=text("suspect"),
        ),
        Index("cleaning_record_case", "case_id"),
    )

    id: int = identity_key()
    case_id: int = reference("cleaning_case.id")
    suspicion: str
    kind: str
    """A value of ``exclusions.models.RecordKind``."""
    record_id: int = Field(sa_type=BigInteger)
    suspect: bool = True
    """False: the one that the others repeat."""


class CleaningDecision(SiteScoped, Stamped, table=True):
    """What somebody decided of a case, and who took it back."""

    __tablename__ = "cleaning_decision"
    __table_args__ = (Index("cleaning_decision_case", "case_id", "id"),)

    id: int = identity_key()
    case_id: int = reference("cleaning_case.id")
    state: str
    note: str = ""
    kept_id: int | None = Field(default=None, sa_type=BigInteger)
    """Of duplicates: the record that stays."""
    verdict_ids: list[int] = document(default=list)
    """What was said of values (``telemetry.quality``)."""
    made_by: int = reference("person.id")
    undone_at: datetime | None = moment(nullable=True)
    undone_by: int | None = reference("person.id", nullable=True)


class PointDayLevel(SiteScoped, table=True):
    """How a point stood on a day of the site: the median of its spot values, by which slow drift is seen."""

    __tablename__ = "point_day_level"

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    point_id: int = Field(primary_key=True, foreign_key="point.id", sa_type=BigInteger)
    day: date = Field(primary_key=True)
    level: float
    samples: int


class CleaningRound(SQLModel, table=True):
    """How far a site has been looked through; its row lock makes it one worker at a time."""

    __tablename__ = "cleaning_round"

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    hours_until: datetime | None = moment(nullable=True)
    """Hours of points that began before are looked through."""
    records_until: datetime | None = moment(nullable=True)
    """Records received before are looked through."""
    night: date | None = None
    """The site's day on which levels, late hours and late sources were last looked at."""


@scope(CleaningCase)
def _of_own_team(actor: Actor) -> ColumnElement[bool]:
    """A leader sees what their own team answers for; who governs data sees all of the site."""
    if actor.role not in {Role.LEADER, Role.WORKER}:
        return true()
    return of_own_team(actor, col(CleaningCase.team_id))
