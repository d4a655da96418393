"""Name the new owner in the entry of a reassignment, so that the story says to whom it went.

Revision: 0003, after 0002.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.add_column("rectification_entry", sa.Column("to_person_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "rectification_entry_to_person_id_fkey", "rectification_entry", "person", ["to_person_id"], ["id"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_column("rectification_entry", "to_person_id")
