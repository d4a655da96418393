"""Versions of the trace model, the confirmed cases they learned from, trials on history, whether to learn at once.

Revision: 0014, after 0013.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _stamp(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()"))


def _at(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _is(name: str, kind: type = sa.String, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind(), nullable=nullable)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "trace_model",
        _of("site_id", "site.id"),
        _key(),
        _is("version", sa.Integer),
        _is("base_version", sa.Integer, nullable=True),
        _is("active", sa.Boolean),
        _is("because"),
        _of("trace_id", "trace.id", nullable=True),
        _is("note"),
        _is("content", postgresql.JSONB),
        _of("made_by", "person.id", nullable=True),
        _stamp("made_at"),
        sa.UniqueConstraint("site_id", "version"),
    )
    op.create_index("trace_model_active", "trace_model", ["site_id"], unique=True, postgresql_where=sa.text("active"))
    op.create_table(
        "trace_case",
        _of("site_id", "site.id"),
        _key(),
        _of("trace_id", "trace.id"),
        _is("node"),
        _is("library_key"),
        _is("note"),
        _is("rank", sa.Integer, nullable=True),
        _is("model_version", sa.Integer),
        _is("signature", postgresql.JSONB),
        _is("lags", postgresql.JSONB),
        _is("offered", postgresql.JSONB),
        _is("current", sa.Boolean),
        _of("confirmed_by", "person.id", nullable=True),
        _stamp("confirmed_at"),
    )
    op.create_index("trace_case_current", "trace_case", ["trace_id"], unique=True, postgresql_where=sa.text("current"))
    op.create_index("trace_case_recent", "trace_case", ["site_id", "id"])
    op.create_table(
        "trace_replay",
        _of("site_id", "site.id"),
        _key(),
        _is("version", sa.Integer),
        _is("against", sa.Integer),
        _at("from_at"),
        _at("to_at"),
        _is("state"),
        _is("trace_ids", postgresql.JSONB),
        _is("results", postgresql.JSONB),
        _of("asked_by", "person.id", nullable=True),
        _stamp("asked_at"),
        _at("finished_at", nullable=True),
    )
    op.create_index("trace_replay_recent", "trace_replay", ["site_id", "id"])
    op.create_table(
        "trace_learning",
        _of("site_id", "site.id"),
        _key(),
        _is("at_once", sa.Boolean),
        sa.UniqueConstraint("site_id"),
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("trace_learning", "trace_replay", "trace_case", "trace_model"):
        op.drop_table(table)
