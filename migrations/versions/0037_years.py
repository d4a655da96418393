"""Indexes for lists and counts over years: what is closed newest first, check-ins by time, visits by their end.

Revision: 0037, after 0035.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    newest = sa.text("COALESCE(verified_at, created_at) DESC")
    op.create_index("rectification_closed", "rectification", ["site_id", newest, "id"])
    op.create_index("check_in_recent", "check_in", ["site_id", "at"])
    op.create_index(
        "inspection_visit_closed",
        "inspection_visit",
        ["site_id", "closes_at"],
        postgresql_include=["plan_id", "missed_at"],
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_index("inspection_visit_closed", table_name="inspection_visit")
    op.drop_index("check_in_recent", table_name="check_in")
    op.drop_index("rectification_closed", table_name="rectification")
