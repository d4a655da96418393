"""Hazard reports with their pictures, and the link by which the public may send them.

Revision: 0008, after 0007.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not stamped, server_default=stamp)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "hazard_report",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_words("number", "title", "details", "factor", "level", "level_reason", "level_sign"),
        _of("equipment_id", "equipment.id", nullable=True),
        _of("area_id", "area.id", nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        *_words("origin"),
        sa.Column("origin_id", sa.BigInteger(), nullable=True),
        _of("reporter_id", "person.id", nullable=True),
        *_words("public_key"),
        _at("captured_at"),
        *_words("voice_path", "state"),
        _of("team_id", "team.id", nullable=True),
        _of("merged_into_id", "hazard_report.id", nullable=True),
        _of("rectification_id", "rectification.id", nullable=True),
        _of("decided_by", "person.id", nullable=True),
        _at("decided_at"),
        *_words("decision_note"),
        sa.UniqueConstraint("site_id", "number"),
        sa.CheckConstraint("(reporter_id IS NULL) = (origin = 'public')", name="hazard_report_public_is_anonymous"),
    )
    op.create_index("hazard_report_state", "hazard_report", ["site_id", "state", "id"])
    op.create_index("hazard_report_reporter", "hazard_report", ["site_id", "reporter_id", "id"])
    op.create_index("hazard_report_equipment", "hazard_report", ["site_id", "equipment_id"])
    op.create_index("hazard_report_area", "hazard_report", ["site_id", "area_id"])
    op.create_index("hazard_report_merged", "hazard_report", ["merged_into_id"])
    op.create_index("hazard_report_rectification", "hazard_report", ["rectification_id"])
    op.create_index(
        "hazard_report_public_key",
        "hazard_report",
        ["site_id", "public_key"],
        unique=True,
        postgresql_where=sa.text("public_key <> ''"),
    )
    op.create_table(
        "hazard_report_photo",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("report_id", "hazard_report.id"),
        *_words("sha256", "path", "thumbnail_path", "original_path"),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
    )
    op.create_index("hazard_report_photo_of", "hazard_report_photo", ["report_id", "id"])
    op.create_table(
        "public_report_link",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_words("key"),
        _of("opened_by", "person.id"),
        sa.UniqueConstraint("site_id"),
        sa.UniqueConstraint("key"),
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("public_report_link", "hazard_report_photo", "hazard_report"):
        op.drop_table(table)
