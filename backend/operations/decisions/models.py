"""Tables of decisions: what the worker found out for them, the budget a manager sets, what things cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference

DECIDE_JOB = "decisions.round"
"""Kind of the job that finds out what decisions rest on; its payload: ``site_id``."""
MOST_MONEY = Decimal("1e12")


class DecisionRound(SiteScoped, table=True):
    """What a look at the site's records gave. ``rounds``: one for each plan in use, as ``gathering.Walked`` says;
    ``classes``: one for each class of equipment, as ``gathering.Worn``."""

    __tablename__ = "decision_round"
    __table_args__ = (Index("decision_round_recent", "site_id", "id"),)

    id: int = identity_key()
    made_at: datetime = moment(now=True)
    weeks: float
    """So many weeks of records count for the rounds."""
    rounds: list[dict[str, Any]] = document(default=list)
    classes: list[dict[str, Any]] = document(default=list)


class DecisionBudget(SiteScoped, Stamped, table=True):
    """What the site can spend. The newest holds; older ones stay, so that a decision can be understood later."""

    __tablename__ = "decision_budget"
    __table_args__ = (
        Index("decision_budget_recent", "site_id", "id"),
        CheckConstraint("hours_a_week >= 0 AND money >= 0", name="decision_budget_not_below_nought"),
    )

    id: int = identity_key()
    hours_a_week: float
    """For inspection, all plans together."""
    money: Decimal = Field(default=Decimal(0), sa_type=Numeric(14, 2))
    """For a year, in the site's currency."""
    may_look_less: bool = False
    """Whether a round may be walked more seldom, so that another can be walked more often."""
    set_by: int | None = reference("person.id", nullable=True)


class SuggestionCost(SiteScoped, table=True):
    """What a suggestion would cost, as somebody says who knows, and what it did cost when it was done."""

    __tablename__ = "suggestion_cost"
    __table_args__ = (
        UniqueConstraint("suggestion_id"),
        CheckConstraint("money >= 0", name="suggestion_cost_money"),
        CheckConstraint("spent >= 0 AND (spent IS NULL) = (spent_at IS NULL)", name="suggestion_cost_spent"),
    )

    id: int = identity_key()
    suggestion_id: int = reference("lesson_suggestion.id")
    money: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """Planned; None where nobody said before it was done."""
    said_by: int | None = reference("person.id", nullable=True)
    said_at: datetime = moment(now=True)
    spent: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    spent_by: int | None = reference("person.id", nullable=True)
    spent_at: datetime | None = moment(nullable=True)
