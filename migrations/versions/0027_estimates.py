"""A leak lasts, is cold, has a limit and follows the wind; a site's wind points; what equipment holds; orders.

Revision: 0027, after 0026.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ADDED = ("duration_s", "cold", "limit_value", "limit_unit", "limit_words", "origin", "wind_at")


def _of(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _own() -> list[sa.Column[object]]:
    stamp = sa.Column(
        "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
    )
    return [_of("site_id", "site.id"), stamp, sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)]


def upgrade() -> None:
    """Make it so."""
    for name in ("duration_s", "limit_value"):
        op.add_column("incident_plume", sa.Column(name, sa.Float(), nullable=True))
    op.add_column("incident_plume", sa.Column("cold", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, value in (("limit_unit", ""), ("limit_words", ""), ("origin", "stated")):
        op.add_column("incident_plume", sa.Column(name, sa.String(), nullable=False, server_default=value))
    op.add_column("incident_plume", sa.Column("wind_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("cold", "limit_unit", "limit_words", "origin"):
        op.alter_column("incident_plume", name, server_default=None)
    op.alter_column("incident_plume", "person_id", nullable=True)
    op.execute(
        "CREATE TRIGGER incident_plume_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_plume "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )
    op.create_table(
        "site_wind",
        *_own(),
        _of("speed_point_id", "point.id", nullable=True),
        _of("direction_point_id", "point.id", nullable=True),
        _of("set_by", "person.id"),
    )
    op.create_index("site_wind_of", "site_wind", ["site_id", "id"])
    op.create_table(
        "plant_buffer",
        *_own(),
        _of("equipment_id", "equipment.id"),
        _of("level_point_id", "point.id"),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("empty_level", "full_level", "capacity")),
        sa.Column("unit", sa.String(), nullable=False),
        _of("outflow_point_id", "point.id", nullable=True),
        sa.Column("outflow_per_h", sa.Float(), nullable=True),
        _of("set_by", "person.id"),
        sa.UniqueConstraint("site_id", "equipment_id"),
        sa.CheckConstraint("num_nonnulls(outflow_point_id, outflow_per_h) = 1", name="plant_buffer_one_outflow"),
    )
    op.create_table(
        "production_order",
        *_own(),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("number", "product")),
        _of("stage_id", "stage.id"),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("starts_at", "ends_at")),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        _of("set_by", "person.id"),
        sa.UniqueConstraint("site_id", "number"),
    )
    op.create_index("production_order_stage", "production_order", ["site_id", "stage_id", "ends_at"])


def downgrade() -> None:
    """Undo it. What the worker stated in nobody's name goes: before, each statement was a person's."""
    op.drop_table("production_order")
    op.drop_table("plant_buffer")
    op.drop_table("site_wind")
    op.execute("DROP TRIGGER incident_plume_append_only ON incident_plume")
    op.execute("DELETE FROM incident_plume WHERE person_id IS NULL")
    op.alter_column("incident_plume", "person_id", nullable=False)
    for name in _ADDED:
        op.drop_column("incident_plume", name)
