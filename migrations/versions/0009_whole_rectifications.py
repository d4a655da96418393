"""Rectifications that are split into parts, get more time, or come back.

Revision: 0009, after 0008.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REFERENCES = {"parent_id": "rectification", "recurrence_of_id": "rectification", "asked_by": "person"}
_MOMENTS = ("original_deadline", "asked_deadline")


def upgrade() -> None:
    """Make it so."""
    for name, target in _REFERENCES.items():
        op.add_column("rectification", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(f"rectification_{name}_fkey", "rectification", target, [name], ["id"])
    for name in _MOMENTS:
        op.add_column("rectification", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("parent_id", "recurrence_of_id"):
        op.create_index(f"ix_rectification_{name}", "rectification", [name])
    op.add_column("rectification_entry", sa.Column("deadline", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("rectification_entry", "deadline")
    for name in (*_REFERENCES, *_MOMENTS):
        op.drop_column("rectification", name)
