"""Incidents: why their phase was guessed, that one has come again, how readings changed after a deed,
and how wide the floor plan is.

Revision: 0029, after 0028.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ONCE = "incident_source_site_id_kind_source_id_key"
_ONCE_EACH_TIME = "incident_source_site_id_kind_source_id_occurrence_key"


def upgrade() -> None:
    """Make it so."""
    op.add_column("incident", sa.Column("phase_basis", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("incident", "phase_basis", server_default=None)
    op.add_column("incident", sa.Column("again_of", sa.BigInteger(), nullable=True))
    op.create_foreign_key("incident_again_of_fkey", "incident", "incident", ["again_of"], ["id"])
    op.create_index("incident_again", "incident", ["again_of"])
    op.add_column("incident_source", sa.Column("occurrence", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("incident_source", "occurrence", server_default=None)
    op.drop_constraint(_ONCE, "incident_source")
    op.create_unique_constraint(_ONCE_EACH_TIME, "incident_source", ["site_id", "kind", "source_id", "occurrence"])
    op.add_column("floor_plan", sa.Column("width_m", sa.Float(), nullable=True))
    op.create_table(
        "incident_aftermath",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("disposal_id", sa.BigInteger(), sa.ForeignKey("incident_disposal.id"), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("disposal_id"),
    )


def downgrade() -> None:
    """Undo it; that an alarm belongs to more than one incident can't be kept."""
    op.drop_table("incident_aftermath")
    op.drop_column("floor_plan", "width_m")
    op.execute(
        "DELETE FROM incident_source s USING incident_source f WHERE f.site_id = s.site_id AND f.kind = s.kind "
        "AND f.source_id = s.source_id AND f.id < s.id"
    )
    op.drop_constraint(_ONCE_EACH_TIME, "incident_source")
    op.create_unique_constraint(_ONCE, "incident_source", ["site_id", "kind", "source_id"])
    op.drop_column("incident_source", "occurrence")
    op.drop_column("incident", "again_of")
    op.drop_column("incident", "phase_basis")
