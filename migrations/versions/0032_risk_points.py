"""Risk points: sources, gradings that stay, measures, a site's bands, and workbooks that wait to be taken over.

Revision: 0032, after 0031.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("risk_sheet", "risk_policy", "control_measure", "risk_grading", "hazard_source", "risk_point")


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _site() -> sa.Column[int]:
    return _of("site_id", "site.id")


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _documents(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, JSONB(), nullable=False) for name in names]


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _stamp() -> sa.Column[object]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("ansu_now()"), nullable=False)


def upgrade() -> None:
    """Make it so."""
    _points()
    _gradings()
    op.create_table(
        "control_measure",
        _site(),
        _stamp(),
        _key(),
        _of("source_id", "hazard_source.id"),
        *_words("kind", "words", "words_en", "check_item"),
        sa.Column("position", sa.Integer(), nullable=False),
        _of("post_id", "post.id", nullable=True),
        _of("plan_id", "inspection_plan.id", nullable=True),
        _of("maintenance_plan_id", "maintenance_plan.id", nullable=True),
        _moment("dropped_at"),
    )
    op.create_index("control_measure_of", "control_measure", ["source_id", "position"])
    by = _of("set_by", "person.id")
    op.create_table("risk_policy", _site(), _stamp(), _key(), *_documents("lec", "ls"), by)
    op.create_index("risk_policy_of", "risk_policy", ["site_id", "id"])
    op.create_table(
        "risk_sheet",
        _site(),
        _stamp(),
        _key(),
        *_words("name"),
        _of("read_by", "person.id"),
        *_documents("lines", "troubles", "result"),
        _moment("applied_at"),
    )
    op.create_index("risk_sheet_of", "risk_sheet", ["site_id", "id"])


def _points() -> None:
    op.create_table(
        "risk_point",
        _site(),
        _stamp(),
        _key(),
        *_words("code", "name", "name_en", "kind"),
        _of("stage_id", "stage.id", nullable=True),
        _of("area_id", "area.id", nullable=True),
        _of("equipment_id", "equipment.id", nullable=True),
        *_words("control"),
        _of("post_id", "post.id", nullable=True),
        *_words("unit", "keeper", "level", "origin"),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("retired_at"),
        *_words("retired_why"),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("site_id", "code"),
    )
    op.create_index("risk_point_area", "risk_point", ["site_id", "area_id"])
    op.create_index("risk_point_equipment", "risk_point", ["equipment_id"])
    op.create_table(
        "hazard_source",
        _site(),
        _stamp(),
        _key(),
        _of("risk_point_id", "risk_point.id"),
        sa.Column("position", sa.Integer(), nullable=False),
        *_words("name", "name_en", "factor", "consequence", "consequence_en", "basis", "basis_en"),
        *_words("inherent_level", "residual_level"),
        *_documents("accidents"),
        _moment("dropped_at"),
    )
    standing = sa.text("dropped_at IS NULL")
    op.create_index(
        "hazard_source_of", "hazard_source", ["risk_point_id", "name"], unique=True, postgresql_where=standing
    )


def _gradings() -> None:
    op.create_table(
        "risk_grading",
        _site(),
        _stamp(),
        _key(),
        _of("source_id", "hazard_source.id"),
        sa.Column("residual", sa.Boolean(), nullable=False),
        *_words("method", "level", "why"),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("l", "e", "c", "s", "value")),
        *_documents("bands"),
        _of("graded_by", "person.id", nullable=True),
        sa.CheckConstraint(
            "CASE method WHEN 'lec' THEN num_nonnulls(l, e, c, value) = 4 WHEN 'ls' THEN num_nonnulls(l, s, value) = 3 "
            "ELSE num_nonnulls(l, e, c, s, value) = 0 END",
            name="risk_grading_scores",
        ),
    )
    op.create_index("risk_grading_of", "risk_grading", ["source_id", "residual", "id"])
    op.execute(
        "CREATE TRIGGER risk_grading_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON risk_grading "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )


def downgrade() -> None:
    """Undo it."""
    for table in _TABLES:
        op.drop_table(table)
