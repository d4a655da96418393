"""Cordons and stated leaks belong to a floor plan; those of before to the site's first.

Revision: 0053, after 0052.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0053"
down_revision: str | None = "0052"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("incident_cordon", "incident_plume")


def upgrade() -> None:
    """Make it so."""
    for table in _TABLES:
        op.add_column(table, sa.Column("floor_plan_id", sa.BigInteger(), sa.ForeignKey("floor_plan.id"), nullable=True))


def downgrade() -> None:
    """Take it back: all lie on the site's first plan again."""
    for table in _TABLES:
        op.drop_column(table, "floor_plan_id")
