"""The plant edited by its people: retiring, order, several plans with pictures, the log of changes, imports.

Revision: 0038, after 0037.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RETIRED = ("stage", "floor_plan", "area", "equipment")
_ORDERED = ("floor_plan", "area", "equipment")


def upgrade() -> None:
    """Make it so."""
    for table in _RETIRED:
        op.add_column(table, sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    for table in _ORDERED:
        op.add_column(table, sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
        op.alter_column(table, "position", server_default=None)
    op.add_column("floor_plan", sa.Column("picture_path", sa.String(), nullable=False, server_default=""))
    op.alter_column("floor_plan", "picture_path", server_default=None)
    plan = sa.ForeignKey("floor_plan.id")
    op.add_column("equipment", sa.Column("floor_plan_id", sa.BigInteger(), plan, nullable=True))
    op.create_table(
        "plant_change",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("batch", "kind")),
        sa.Column("object_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "name_en")),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("before", "after")),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.ansu_now(), nullable=False),
        sa.Column("reverses", sa.String(), nullable=False),
    )
    op.create_index("plant_change_site", "plant_change", ["site_id", "id"])
    op.create_index("plant_change_batch", "plant_change", ["site_id", "batch"])
    where = sa.text("reverses <> ''")
    op.create_index("plant_change_reverses", "plant_change", ["site_id", "reverses"], postgresql_where=where)
    op.create_table(
        "plant_import",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("cells", JSONB(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.ansu_now(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch", sa.String(), nullable=False),
    )


def downgrade() -> None:
    """Undo it. What was retired is in use again; points have no such state any more and are ignored."""
    op.drop_table("plant_import")
    op.drop_table("plant_change")
    op.drop_column("equipment", "floor_plan_id")
    op.drop_column("floor_plan", "picture_path")
    for table in _ORDERED:
        op.drop_column(table, "position")
    for table in _RETIRED:
        op.drop_column(table, "retired_at")
    op.execute("UPDATE point SET status = 'ignored' WHERE status = 'retired'")
