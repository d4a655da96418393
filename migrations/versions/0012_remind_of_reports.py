"""Remind of hazard reports that wait: when next. Those that wait already are reminded of soon.

Revision: 0012, after 0011.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.add_column("hazard_report", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE hazard_report SET remind_at = now() + interval '1 hour' WHERE state = 'waiting'")
    op.create_index(
        "hazard_report_remind", "hazard_report", ["remind_at"], postgresql_where=sa.text("state = 'waiting'")
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("hazard_report_remind", "hazard_report")
    op.drop_column("hazard_report", "remind_at")
