"""Tables of duty performance: rules by version, leave, statements by version, appeals, rewards."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, Numeric, UniqueConstraint, or_, select, text, true
from sqlmodel import Field, col

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import of_own_team, scope, visible


class AppealState(enum.StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"


class RewardState(enum.StrEnum):
    """Nothing is granted by itself: a person decides on what the rule proposes."""

    PROPOSED = "proposed"
    GRANTED = "granted"
    DECLINED = "declined"


class DutyRule(SiteScoped, Stamped, table=True):
    """A version of a site's 考核规则; never changed or deleted. Of a month counts the newest with ``from_month`` up to
    it; a site without one has ``rules.USUAL``, which is number 0."""

    __tablename__ = "duty_rule"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    id: int = identity_key()
    number: int
    from_month: date
    """The first day of the month (the site's) from which it counts."""
    terms: dict[str, Any] = document()
    """``rules.Rule`` as JSON."""
    made_by: int = reference("person.id")
    why: str


class DutyAbsence(SiteScoped, Stamped, table=True):
    """Days (the site's, both included) on which somebody was away with leave: duties that fall on them don't count."""

    __tablename__ = "duty_absence"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="duty_absence_in_order"),
        Index("duty_absence_person", "site_id", "person_id", "from_on"),
    )

    id: int = identity_key()
    person_id: int = reference("person.id")
    from_on: date
    to_on: date
    reason: str
    made_by: int = reference("person.id")
    removed_at: datetime | None = moment(nullable=True)
    removed_by: int | None = reference("person.id", nullable=True)


class DutyMonth(SiteScoped, table=True):
    """A month whose statements are made; the row is what lets them be made only once."""

    __tablename__ = "duty_month"
    __table_args__ = (UniqueConstraint("site_id", "month"),)

    id: int = identity_key()
    month: date
    frozen_at: datetime = moment()


class DutyStatement(SiteScoped, table=True):
    """How a person did in a month. Version 0 follows what happens until the month is frozen as version 1; each appeal
    that is upheld makes a further one. From version 1 on a row is never changed: a trigger refuses it."""

    __tablename__ = "duty_statement"
    __table_args__ = (
        UniqueConstraint("person_id", "month", "version"),
        Index("duty_statement_month", "site_id", "month", "person_id", text("version DESC")),
    )

    id: int = identity_key()
    person_id: int = reference("person.id")
    month: date
    version: int
    rule_number: int
    team_id: int | None = reference("team.id", nullable=True)
    """The person's team when it was made."""
    post_ids: list[int] = document(default=list)
    """Posts that they held in the month."""
    facts: dict[str, Any] = document()
    """``scoring.Facts`` as JSON."""
    excused: list[str] = document(default=list)
    """Keys of rows that an upheld appeal took out."""
    score: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    """0 to 100; None: nothing was asked of them."""
    exposure: int = 0
    lapses: int = 0
    why: str = ""
    """Of a version above 1: why it was corrected."""
    made_at: datetime = moment()
    reminded_on: date | None = None
    """Of version 0: the site's day on which they were last reminded."""


class DutyAppeal(SiteScoped, Stamped, table=True):
    """申诉 against one lost point of a month; a point is appealed once."""

    __tablename__ = "duty_appeal"
    __table_args__ = (
        UniqueConstraint("person_id", "month", "row_key"),
        Index("duty_appeal_open", "site_id", "due_at", postgresql_where=text("state = 'open'")),
    )

    id: int = identity_key()
    person_id: int = reference("person.id")
    month: date
    row_key: str
    row: dict[str, Any] = document()
    """The ``scoring.Row`` as it stood."""
    points: Decimal = Field(sa_type=Numeric(5, 2))
    """What it cost then."""
    reason: str
    photo_path: str = ""
    photo_thumbnail_path: str = ""
    due_at: datetime = moment()
    """Until when it is to be answered."""
    state: str = AppealState.OPEN
    answer: str = ""
    answered_by: int | None = reference("person.id", nullable=True)
    answered_at: datetime | None = moment(nullable=True)


class DutyReward(SiteScoped, Stamped, table=True):
    """奖惩 that the rule proposes for a frozen month, and what a person decided. ``points`` and ``yuan`` below
    zero take away."""

    __tablename__ = "duty_reward"
    __table_args__ = (
        UniqueConstraint("person_id", "month", "kind", "subject"),
        Index("duty_reward_month", "site_id", "month"),
    )

    id: int = identity_key()
    person_id: int = reference("person.id")
    month: date
    kind: str
    """A code of ``rewarding.Reason``."""
    subject: str = ""
    """Key of the row it is for; empty where it is for the month."""
    words: str = ""
    url: str = ""
    points: Decimal = Field(sa_type=Numeric(6, 2))
    yuan: Decimal = Field(sa_type=Numeric(10, 2))
    state: str = RewardState.PROPOSED
    decided_by: int | None = reference("person.id", nullable=True)
    decided_at: datetime | None = moment(nullable=True)


def _of_whom(actor: Actor, person_id: Any) -> ColumnElement[bool]:
    """One's own; a leader's also of the people of their team; who governs sees all of the site."""
    if actor.role in {Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN}:
        return true()
    own: ColumnElement[bool] = person_id == actor.person_id
    if actor.role != Role.LEADER:
        return own
    mates = select(col(Person.id)).where(visible(actor, Person), of_own_team(actor, col(Person.team_id)))
    return or_(own, person_id.in_(mates))


@scope(DutyStatement)
def _statements(actor: Actor) -> ColumnElement[bool]:
    return _of_whom(actor, col(DutyStatement.person_id))


@scope(DutyAppeal)
def _appeals(actor: Actor) -> ColumnElement[bool]:
    return _of_whom(actor, col(DutyAppeal.person_id))


@scope(DutyReward)
def _rewards(actor: Actor) -> ColumnElement[bool]:
    return _of_whom(actor, col(DutyReward.person_id))


@scope(DutyAbsence)
def _absences(actor: Actor) -> ColumnElement[bool]:
    return _of_whom(actor, col(DutyAbsence.person_id))
