"""Suggestions from the reviews of single incidents, and that a declined one was asked again.

Revision: 0026, after 0025.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.add_column("lesson_suggestion", sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "lesson_suggestion_source",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("suggestion_id", sa.BigInteger(), sa.ForeignKey("lesson_suggestion.id"), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), sa.ForeignKey("incident.id"), nullable=False),
        sa.Column("refs", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.UniqueConstraint("suggestion_id", "incident_id"),
    )
    op.create_index("lesson_suggestion_source_incident", "lesson_suggestion_source", ["incident_id"])


def downgrade() -> None:
    """Take it back: what only incidents asked for goes, kinds that the older program doesn't know with it."""
    op.drop_table("lesson_suggestion_source")
    op.execute("DELETE FROM lesson_suggestion WHERE kind IN ('rule_limit', 'plan_step') OR state = 'withdrawn'")
    op.drop_column("lesson_suggestion", "asked_again_at")
    op.execute("DELETE FROM event_reader WHERE name = 'lessons of incidents'")
