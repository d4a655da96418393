"""A site's own learned normal: versions with the time they were learned from, and the work that makes and tries them.

Revision: 0017, after 0016.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, nullable: bool = False, now: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _is(name: str, kind: type = sa.String, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind(), nullable=nullable)


def upgrade() -> None:
    """Make it so."""
    op.add_column("learned_normal", _is("version", sa.Integer, nullable=True))
    op.add_column("learned_normal", _at("from_at", nullable=True))
    op.add_column("learned_normal", _at("to_at", nullable=True))
    op.add_column("learned_normal", _is("row_s", sa.Float, nullable=True))
    op.execute(
        "UPDATE learned_normal SET version = n.version FROM (SELECT id, row_number() OVER "
        "(PARTITION BY site_id ORDER BY id) AS version FROM learned_normal) n WHERE n.id = learned_normal.id"
    )
    op.execute(
        "UPDATE learned_normal SET active = false WHERE active AND id NOT IN "
        "(SELECT max(id) FROM learned_normal WHERE active GROUP BY site_id)"
    )
    op.alter_column("learned_normal", "version", nullable=False)
    op.create_unique_constraint("learned_normal_site_id_version_key", "learned_normal", ["site_id", "version"])
    op.drop_index("learned_normal_active", table_name="learned_normal")
    op.create_index(
        "learned_normal_active", "learned_normal", ["site_id"], unique=True, postgresql_where=sa.text("active")
    )
    op.create_table(
        "normal_work",
        _of("site_id", "site.id"),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _is("kind"),
        _of("normal_id", "learned_normal.id", nullable=True),
        _at("from_at"),
        _at("to_at"),
        _is("with_deviations", sa.Boolean),
        _is("row_s", sa.Float),
        _is("point_ids", postgresql.JSONB),
        _is("read_rows", sa.Integer),
        _is("rows", sa.Integer),
        _is("rule", postgresql.JSONB),
        _is("state"),
        _is("problem"),
        _is("result", postgresql.JSONB),
        _of("asked_by", "person.id", nullable=True),
        _at("asked_at", now=True),
        _at("finished_at", nullable=True),
    )
    op.create_index("normal_work_recent", "normal_work", ["site_id", "id"])
    running = sa.text("state = 'running'")
    op.create_index("normal_work_running", "normal_work", ["site_id"], unique=True, postgresql_where=running)
    op.create_table(
        "normal_piece",
        _of("site_id", "site.id"),
        sa.Column("work_id", sa.BigInteger(), sa.ForeignKey("normal_work.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("first_row", sa.Integer(), primary_key=True, autoincrement=False),
        _is("content", sa.LargeBinary),
    )


def downgrade() -> None:
    """Take it back; versions beyond the one in force stay, unnamed."""
    op.drop_table("normal_piece")
    op.drop_table("normal_work")
    op.drop_index("learned_normal_active", table_name="learned_normal")
    op.create_index("learned_normal_active", "learned_normal", ["site_id", "active"], unique=False)
    op.drop_constraint("learned_normal_site_id_version_key", "learned_normal")
    for column in ("row_s", "to_at", "from_at", "version"):
        op.drop_column("learned_normal", column)
