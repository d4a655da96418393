"""Incidents and hazard reports know their accident type; of those of before nobody has told it.

Revision: 0055, after 0054.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("incident", "hazard_report")


def upgrade() -> None:
    """Make it so."""
    for table in _TABLES:
        op.add_column(table, sa.Column("accident", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it back, and what was told with it: the log and the audit still say it."""
    for table in _TABLES:
        op.drop_column(table, "accident")
