"""Hazards and incidents by when they were: what is counted over weeks and years isn't looked for in whole tables.

Revision: 0039, after 0038.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.create_index("hazard_report_made", "hazard_report", ["site_id", "created_at"])
    op.create_index("incident_began", "incident", ["site_id", "began_at"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("incident_began", "incident")
    op.drop_index("hazard_report_made", "hazard_report")
