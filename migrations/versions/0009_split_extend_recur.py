"""Let a rectification be split, extended and recur, and a site say how its late ones climb.

Revision: 0009, after 0008.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LINKS = (("parent_id", "rectification"), ("recurs_id", "rectification"), ("extension_by", "person"))


def _at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    """Make it so."""
    for name, target in _LINKS:
        op.add_column("rectification", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(f"rectification_{name}_fkey", "rectification", target, [name], ["id"])
    op.add_column("rectification", sa.Column("recurrence", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("rectification", "recurrence", server_default=None)
    op.add_column("rectification", _at("original_deadline"))
    op.add_column("rectification", _at("wanted_deadline"))
    op.create_index("rectification_parent", "rectification", ["parent_id"])
    op.create_index("rectification_recurs", "rectification", ["recurs_id"])
    op.create_check_constraint(
        "rectification_extension_whole", "rectification", "num_nonnulls(extension_by, wanted_deadline) <> 1"
    )
    op.add_column("rectification_entry", _at("deadline"))
    op.create_table(
        "rectification_policy",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("recurrence_days", sa.Integer(), nullable=False),
        sa.Column("managers_after_days", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("site_id"),
    )


def downgrade() -> None:
    """Take it back. A split one goes back to its owner; what is left of its parts stands by itself."""
    op.execute("UPDATE rectification SET state = 'in_progress' WHERE state = 'split'")
    op.drop_table("rectification_policy")
    op.drop_column("rectification_entry", "deadline")
    op.drop_constraint("rectification_extension_whole", "rectification")
    for name in ("original_deadline", "wanted_deadline", "recurrence", *(name for name, _ in _LINKS)):
        op.drop_column("rectification", name)
