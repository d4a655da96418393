"""Tables of data quality: what came in each hour, the norm of each source, and what a day of it was worth."""

import enum
from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, Float, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

QUALITY_JOB = "telemetry.quality"
"""Kind of the job that counts a site's data; its payload: ``site_id``, ``days`` (ISO, judged again), ``everything``.
"""


class Family(enum.StrEnum):
    """What kind of source: machines send readings, people make records."""

    MACHINE = "machine"
    PEOPLE = "people"


class PointHour(SiteScoped, table=True):
    """What came of one point in one hour of the site's day. ``source``, ``every_s`` and ``seconds`` stay as they were
    when the hour was first counted; the counts follow late data and decisions about values."""

    __tablename__ = "point_hour"
    __table_args__ = (
        Index("point_hour_day", "site_id", "day", "source"),
        Index("point_hour_suspect", "site_id", "begins_at", postgresql_where=text("stuck > 0 OR out_of_range > 0")),
    )

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    point_id: int = Field(primary_key=True, foreign_key="point.id", sa_type=BigInteger)
    begins_at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    day: date
    """The day in the site's zone."""
    seconds: int
    """How long it is: an hour, less where clocks are turned."""
    source: str
    every_s: float | None = Field(default=None, sa_type=Float)
    """How often the point said it sends; None: it doesn't say."""
    stored: int = 0
    clock: int = 0
    out_of_range: int = 0
    stuck: int = 0
    backfill: int = 0
    excluded: int = 0
    """Taken out by somebody (``ValueVerdict``)."""
    invalid: int = 0
    """Out of range or stuck and not confirmed by somebody, or taken out by somebody."""
    within: list[int] = Field(default_factory=list, sa_type=ARRAY(Integer))
    """Values with a right clock received at most ``measuring.LATENESS_S[i]`` after they were measured."""


class PointHourAgain(SiteScoped, table=True):
    """Values of this point and UTC hour came after the hour, or were judged since: it is counted again.

    Written in the transaction of what happened, as often as it happens, so that an ingest never waits for the worker,
    which deletes what it has counted.
    """

    __tablename__ = "point_hour_again"
    __table_args__ = (Index("point_hour_again_of", "site_id", "hour"),)

    id: int = identity_key()
    site_id: int = Field(sa_type=BigInteger)
    point_id: int = Field(sa_type=BigInteger)
    hour: datetime = moment()


class SourceTally(SiteScoped, table=True):
    """The account of one source in one quarter of an hour of receipt: received = stored + duplicate + rejected."""

    __tablename__ = "source_tally"

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    source: str = Field(primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    received: int = Field(default=0, sa_type=BigInteger)
    stored: int = Field(default=0, sa_type=BigInteger)
    duplicate: int = Field(default=0, sa_type=BigInteger)
    rejected: int = Field(default=0, sa_type=BigInteger)


class ValueVerdict(SiteScoped, Stamped, table=True):
    """Somebody decided about a point's values from ``since`` to before ``until``; of several the newest counts."""

    __tablename__ = "value_verdict"
    __table_args__ = (
        Index("value_verdict_of", "site_id", "point_id", "since"),
        CheckConstraint("since <= until", name="value_verdict_some_time"),
    )

    id: int = identity_key()
    point_id: int = reference("point.id")
    since: datetime = moment()
    until: datetime = moment()
    genuine: bool
    """True: they are right whatever cleaning flagged; False: they don't count."""


class SourceNorm(SiteScoped, Stamped, table=True):
    """What is wanted of a source, and who answers for it: each change is a further version. That day's norm is the
    newest whose ``since`` isn't after it."""

    __tablename__ = "source_norm"
    __table_args__ = (UniqueConstraint("site_id", "family", "code", "version"),)

    id: int = identity_key()
    family: str
    code: str
    version: int
    since: date
    owner_post_id: int | None = reference("post.id", nullable=True)
    owner_id: int | None = reference("person.id", nullable=True)
    interval_s: float | None = Field(default=None, sa_type=Float)
    """How often each of its points sends; None: as each point says itself."""
    lateness_s: int
    """A value counts as on time if it was received so soon after it was measured."""
    complete_wanted: float
    target: float
    quiet_weekdays: list[int] = document(default=list)
    """Days of the week (1 Monday … 7 Sunday) on which nothing is expected."""
    quiet_days: list[str] = document(default=list)
    """ISO dates on which nothing is expected."""
    reason: str = ""
    set_by: int | None = reference("person.id", nullable=True)


class SourceDay(SiteScoped, table=True):
    """One source's day, judged by its norm. Each factor is a numerator and its denominator; nought of nought says
    nothing and isn't in the score."""

    __tablename__ = "source_day"
    __table_args__ = (
        UniqueConstraint("site_id", "family", "code", "day"),
        Index("source_day_recent", "site_id", "day"),
    )

    id: int = identity_key()
    family: str
    code: str
    day: date
    until: datetime = moment()
    """Counted up to here: the end of the day, or of the last whole hour of today."""
    norm_version: int = 0
    """0: the usual norm."""
    expected: int = Field(default=0, sa_type=BigInteger)
    got: int = Field(default=0, sa_type=BigInteger)
    stored: int = Field(default=0, sa_type=BigInteger)
    on_time: int = Field(default=0, sa_type=BigInteger)
    checked: int = Field(default=0, sa_type=BigInteger)
    valid: int = Field(default=0, sa_type=BigInteger)
    received: int = Field(default=0, sa_type=BigInteger)
    single: int = Field(default=0, sa_type=BigInteger)
    """Of those received, what hadn't come before."""
    clock: int = Field(default=0, sa_type=BigInteger)
    out_of_range: int = Field(default=0, sa_type=BigInteger)
    stuck: int = Field(default=0, sa_type=BigInteger)
    backfill: int = Field(default=0, sa_type=BigInteger)
    excluded: int = Field(default=0, sa_type=BigInteger)
    rejected: int = Field(default=0, sa_type=BigInteger)
    points: int = 0
    points_short: int = 0
    """Points with fewer values than wanted."""
    worst_point_id: int | None = reference("point.id", nullable=True)
    """The point that lost most, its loss, and since when it was silent longest."""
    worst_lost: int = Field(default=0, sa_type=BigInteger)
    silent_from: datetime | None = moment(nullable=True)
    silent_hours: int = 0
    score: float | None = Field(default=None, sa_type=Float)
    target: float = 0.9
    told_at: datetime | None = moment(nullable=True)
    """When its owner was told that it fell below the target."""


class QualityRound(SQLModel, table=True):
    """How far a site's hours are counted; its row lock makes it one worker at a time."""

    __tablename__ = "quality_round"

    site_id: int = Field(primary_key=True, foreign_key="site.id", sa_type=BigInteger)
    begins: datetime | None = moment(nullable=True)
    until: datetime | None = moment(nullable=True)
    zone: str = ""
