"""Tables of indicators: what is rolled up by day, what has changed since, and the targets of a site."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Float, Index, UniqueConstraint, true
from sqlmodel import Field, SQLModel, col

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.permissions import scope

ROLL_UP_JOB = "indicators.roll_up"
"""Kind of the job that brings a site's roll-up up to date; its payload: ``site_id``, ``everything``."""
WHOLE_SITE = 0
"""``team_id`` of what isn't cut to one team, ``member_id`` of the whole and of what belongs to none."""


class IndicatorDay(SiteScoped, table=True):
    """What one measure counts on one day of the site, for one member of one dimension, in the whole site or in a team.

    The day is that of the fact's own moment (a visit's end, an original deadline), in the site's zone.
    """

    __tablename__ = "indicator_day"
    __table_args__ = (Index("indicator_day_again", "site_id", "measure", "day"),)

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    team_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    dimension: str = Field(primary_key=True)
    measure: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    member_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    members: int = Field(sa_type=BigInteger)
    """So many facts."""
    counted: int = Field(sa_type=BigInteger)
    """The numerator."""
    base: int = Field(sa_type=BigInteger)
    """The denominator."""
    seconds: list[float] = Field(default_factory=list, sa_type=ARRAY(Float))
    """Of measures that time something: each fact's seconds, the shortest first."""


class IndicatorChange(SiteScoped, table=True):
    """Rows of ``topic`` changed that belong to the quarter of an hour from ``at`` (None: any day may be concerned).

    Written by triggers in the transaction of the change; the worker deletes it when it has counted anew.
    """

    __tablename__ = "indicator_change"
    __table_args__ = (Index("indicator_change_of", "site_id"),)

    id: int = identity_key()
    topic: str
    at: datetime | None = moment(nullable=True)


class IndicatorRound(SQLModel, table=True):
    """How far a site is rolled up; its row lock makes it one worker at a time."""

    __tablename__ = "indicator_round"

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    as_of: datetime | None = moment(nullable=True)
    """What had come true by then is counted."""
    zone: str = ""
    """The site's zone by which days were cut."""


class IndicatorTarget(SiteScoped, Stamped, table=True):
    """What a site wants of an indicator: each change is a further version, the newest counts."""

    __tablename__ = "indicator_target"
    __table_args__ = (UniqueConstraint("site_id", "indicator", "version"),)

    id: int = identity_key()
    indicator: str
    version: int
    value: float
    """A share 0 … 1, seconds, or cases a post."""
    reason: str = ""
    set_by: int = reference("person.id")


@scope(IndicatorDay)
def _of_own_team(actor: Actor) -> ColumnElement[bool]:
    """A leader sees what their own team answers for; who governs sees all of the site."""
    if actor.role not in {Role.LEADER, Role.WORKER}:
        return true()
    return col(IndicatorDay.team_id) == (actor.team_id or -1)
