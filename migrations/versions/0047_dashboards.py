"""First pages: layouts by role and version, and how people have put their own.

Revision: 0047, after 0046.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, table: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=False)


def _known() -> list[sa.Column[int]]:
    return [_of("site_id", "site"), sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)]


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()"))


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "home_layout",
        *_known(),
        _moment("created_at"),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cards", JSONB(), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        _of("made_by", "person"),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("taken_from", sa.Integer(), nullable=True),
        sa.UniqueConstraint("site_id", "role", "number"),
    )
    op.create_table(
        "home_arrangement",
        *_known(),
        _of("person_id", "person"),
        sa.Column("order", JSONB(), nullable=False),
        sa.Column("hidden", JSONB(), nullable=False),
        _moment("changed_at"),
        sa.UniqueConstraint("person_id"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("home_arrangement")
    op.drop_table("home_layout")
