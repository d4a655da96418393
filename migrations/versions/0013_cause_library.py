"""The cause library: a site's own edits, the questions of a trace, and their answers.

Revision: 0013, after 0012.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _site() -> sa.Column[int]:
    return sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "cause_library",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _site(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edits", postgresql.JSONB(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("site_id", "version"),
    )
    op.create_table(
        "trace_question",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _site(),
        sa.Column("trace_id", sa.BigInteger(), sa.ForeignKey("trace.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("equipment_id", sa.BigInteger(), sa.ForeignKey("equipment.id"), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("gain", sa.Float(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("trace_id", "question"),
    )
    op.create_table(
        "trace_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _site(),
        sa.Column("trace_id", sa.BigInteger(), sa.ForeignKey("trace.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        _moment("at"),
        sa.Column("effect", postgresql.JSONB(), nullable=False),
        _moment("created_at"),
    )
    op.create_index("trace_answer_of", "trace_answer", ["trace_id", "question", "at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("trace_answer")
    op.drop_table("trace_question")
    op.drop_table("cause_library")
