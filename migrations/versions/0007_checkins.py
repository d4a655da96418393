"""Inspection plans with their checklists, the visits they ask for, check-ins with answers and photos, fences.

Revision: 0007, after 0006.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ONE_PLACE = "num_nonnulls(equipment_id, area_id) = 1"


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _site() -> sa.Column:
    return _of("site_id", "site.id")


def _place() -> list[sa.Column]:
    return [_of("equipment_id", "equipment.id", nullable=True), _of("area_id", "area.id", nullable=True)]


def _stamp(name: str = "created_at") -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()"))


def _at(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _is(name: str, kind: type = sa.String, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind(), nullable=nullable)


def upgrade() -> None:
    """Make it so."""
    _plans()
    _visits()
    _check_ins()


def _plans() -> None:
    op.create_table(
        "site_calendar",
        _site(),
        _key(),
        _is("shifts", postgresql.JSONB),
        _is("holidays", postgresql.JSONB),
        sa.UniqueConstraint("site_id"),
    )
    op.create_table(
        "inspection_plan",
        _site(),
        _stamp(),
        _key(),
        _is("name"),
        _is("name_en"),
        _of("post_id", "post.id"),
        _is("rhythm"),
        _is("interval_minutes", sa.Integer, nullable=True),
        _at("begins_at"),
        _is("skips_holidays", sa.Boolean),
        _is("asks_photo", sa.Boolean),
        _is("active", sa.Boolean),
        _at("planned_until", nullable=True),
        _is("checklist_id", sa.BigInteger, nullable=True),
        _is("version", sa.Integer),
        _is("sample", sa.Boolean),
        sa.CheckConstraint("rhythm <> 'interval' OR interval_minutes > 0", name="inspection_plan_interval"),
    )
    op.create_index("inspection_plan_active", "inspection_plan", ["site_id", "active"])
    op.create_table(
        "checklist",
        _site(),
        _stamp(),
        _key(),
        _of("plan_id", "inspection_plan.id"),
        _is("number", sa.Integer),
        _is("items", postgresql.JSONB),
        sa.UniqueConstraint("plan_id", "number"),
    )
    op.create_table(
        "inspection_stop",
        _site(),
        _key(),
        _of("plan_id", "inspection_plan.id"),
        _is("position", sa.Integer),
        *_place(),
        _is("active", sa.Boolean),
        sa.CheckConstraint(_ONE_PLACE, name="inspection_stop_one_place"),
    )
    op.create_index("inspection_stop_plan", "inspection_stop", ["plan_id", "position"])
    op.create_index("inspection_stop_equipment", "inspection_stop", ["equipment_id"])


def _visits() -> None:
    op.create_table(
        "inspection_visit",
        _site(),
        _stamp(),
        _key(),
        _of("plan_id", "inspection_plan.id"),
        _of("stop_id", "inspection_stop.id"),
        _of("post_id", "post.id"),
        _at("opens_at"),
        _at("closes_at"),
        _is("state"),
        _at("missed_at", nullable=True),
        sa.UniqueConstraint("stop_id", "opens_at"),
    )
    op.create_index("inspection_visit_post", "inspection_visit", ["site_id", "post_id", "closes_at"])
    op.create_index(
        "inspection_visit_due", "inspection_visit", ["closes_at"], postgresql_where=sa.text("state = 'due'")
    )
    op.create_index("inspection_visit_plan", "inspection_visit", ["plan_id", "opens_at"])
    op.create_table(
        "place_fence",
        _site(),
        _key(),
        *_place(),
        _is("lat", sa.Float),
        _is("lon", sa.Float),
        _is("radius_m", sa.Float),
        sa.UniqueConstraint("equipment_id"),
        sa.UniqueConstraint("area_id"),
        sa.CheckConstraint(_ONE_PLACE, name="place_fence_one_place"),
    )
    op.create_table(
        "position_consent",
        _site(),
        _key(),
        _of("person_id", "person.id"),
        _stamp("given_at"),
        sa.UniqueConstraint("person_id"),
    )


def _check_ins() -> None:
    op.create_table(
        "check_in",
        _site(),
        _stamp(),
        _key(),
        _of("visit_id", "inspection_visit.id", nullable=True),
        _of("checklist_id", "checklist.id", nullable=True),
        *_place(),
        _of("person_id", "person.id"),
        _at("at"),
        _is("late", sa.Boolean),
        _is("proof"),
        _is("label_id", sa.BigInteger, nullable=True),
        _is("lat", sa.Float, nullable=True),
        _is("lon", sa.Float, nullable=True),
        _is("accuracy_m", sa.Float, nullable=True),
        _is("away", sa.Boolean),
        _is("failed", sa.Integer),
        _is("note"),
        sa.CheckConstraint(_ONE_PLACE, name="check_in_one_place"),
    )
    op.create_index("check_in_visit", "check_in", ["visit_id"])
    op.create_index("check_in_equipment", "check_in", ["equipment_id", "at"])
    op.create_index("check_in_person", "check_in", ["site_id", "person_id", "at"])
    op.create_index("check_in_position", "check_in", ["at"], postgresql_where=sa.text("lat IS NOT NULL"))
    op.create_table(
        "check_in_answer",
        _site(),
        _key(),
        _of("check_in_id", "check_in.id"),
        _is("position", sa.Integer),
        *(_is(name) for name in ("kind", "title", "title_en", "unit", "answer", "verdict", "note")),
        _is("hazard_report_id", sa.BigInteger, nullable=True),
        sa.UniqueConstraint("check_in_id", "position"),
    )
    op.create_table(
        "check_in_photo",
        _site(),
        _stamp(),
        _key(),
        _of("check_in_id", "check_in.id"),
        _is("position", sa.Integer, nullable=True),
        _of("uploaded_by", "person.id"),
        *(_is(name) for name in ("sha256", "path", "thumbnail_path")),
        *(_is(name, sa.Integer) for name in ("width", "height", "bytes")),
    )
    op.create_index("check_in_photo_of", "check_in_photo", ["check_in_id"])


_TABLES = (
    "check_in_photo",
    "check_in_answer",
    "check_in",
    "position_consent",
    "place_fence",
    "inspection_visit",
    "inspection_stop",
    "checklist",
    "inspection_plan",
    "site_calendar",
)


def downgrade() -> None:
    """Take it back."""
    for table in _TABLES:
        op.drop_table(table)
