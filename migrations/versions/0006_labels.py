"""Labels on equipment and areas.

Revision: 0006, after 0005.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LIVE = sa.text("revoked_at IS NULL")


def _of(name: str, target: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "label",
        _of("site_id", "site.id", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _of("equipment_id", "equipment.id"),
        _of("area_id", "area.id"),
        sa.Column("token_name", sa.String(), nullable=False, unique=True),
        sa.Column("code", sa.String(), nullable=False),
        _of("made_by", "person.id"),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        _of("revoked_by", "person.id"),
        sa.Column("revoked_reason", sa.String(), nullable=False),
        sa.CheckConstraint("num_nonnulls(equipment_id, area_id) = 1", name="label_one_target"),
        sa.UniqueConstraint("site_id", "code"),
    )
    op.create_index("label_live_equipment", "label", ["equipment_id"], unique=True, postgresql_where=_LIVE)
    op.create_index("label_live_area", "label", ["area_id"], unique=True, postgresql_where=_LIVE)
    op.create_index("label_equipment", "label", ["site_id", "equipment_id"])
    op.create_index("label_area", "label", ["site_id", "area_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("label")
