"""Retention: how long each kind is kept, and what each night did.

Revision: 0045, after 0043.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    stamp = sa.text("ansu_now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "retention_rule",
        _of("site_id", "site"),
        _moment("created_at", now=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        _moment("effective_at"),
        _of("set_by", "person", nullable=True),
        _moment("withdrawn_at", nullable=True),
        _of("withdrawn_by", "person", nullable=True),
        sa.UniqueConstraint("site_id", "kind", "version"),
        sa.CheckConstraint("keep_days >= 0", name="retention_rule_days"),
    )
    op.create_table(
        "retention_run",
        _of("site_id", "site"),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        _moment("started_at", now=True),
        _moment("finished_at", nullable=True),
        _count("deleted"),
        _count("freed_bytes"),
        _count("held"),
        sa.UniqueConstraint("site_id", "kind", "night"),
    )
    op.create_index("retention_run_recent", "retention_run", ["site_id", "night"])
    op.create_index("delivery_due", "delivery", ["site_id", "due_at"])
    op.create_index("rejection_received", "rejection", ["site_id", "received_at"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("rejection_received", "rejection")
    op.drop_index("delivery_due", "delivery")
    op.drop_table("retention_run")
    op.drop_table("retention_rule")
