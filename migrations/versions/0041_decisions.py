"""Decisions: what rounds of the worker found, budgets, what suggestions cost.

Revision: 0041, after 0040.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _known() -> list[sa.Column[int]]:
    return [_of("site_id", "site"), sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)]


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()"))


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "decision_round",
        *_known(),
        _moment("made_at"),
        sa.Column("weeks", sa.Float(), nullable=False),
        sa.Column("rounds", JSONB(), nullable=False),
        sa.Column("classes", JSONB(), nullable=False),
    )
    op.create_index("decision_round_recent", "decision_round", ["site_id", "id"])
    op.create_table(
        "decision_budget",
        *_known(),
        _moment("created_at"),
        sa.Column("hours_a_week", sa.Float(), nullable=False),
        sa.Column("money", sa.Numeric(14, 2), nullable=False),
        sa.Column("may_look_less", sa.Boolean(), nullable=False),
        _of("set_by", "person", nullable=True),
        sa.CheckConstraint("hours_a_week >= 0 AND money >= 0", name="decision_budget_not_below_nought"),
    )
    op.create_index("decision_budget_recent", "decision_budget", ["site_id", "id"])
    op.create_table(
        "suggestion_cost",
        *_known(),
        _of("suggestion_id", "lesson_suggestion"),
        sa.Column("money", sa.Numeric(14, 2), nullable=False),
        _of("said_by", "person", nullable=True),
        _moment("said_at"),
        sa.UniqueConstraint("suggestion_id"),
        sa.CheckConstraint("money >= 0", name="suggestion_cost_money"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("suggestion_cost")
    op.drop_table("decision_budget")
    op.drop_table("decision_round")
