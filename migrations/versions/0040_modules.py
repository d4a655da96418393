"""Modules that a site does without.

Revision: 0040, after 0033.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0040"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.add_column("site", sa.Column("modules_off", JSONB(), nullable=False, server_default="[]"))
    op.alter_column("site", "modules_off", server_default=None)


def downgrade() -> None:
    """Undo it."""
    op.drop_column("site", "modules_off")
