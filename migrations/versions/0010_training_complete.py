"""Training: courses by cause, reminders, media, and tries that a phone takes along.

Revision: 0010, after 0009.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _own(*columns: sa.Column | sa.Constraint) -> tuple[sa.Column | sa.Constraint, ...]:
    stamp = sa.text("clock_timestamp()")
    return (
        _of("site_id", "site.id"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=stamp),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        *columns,
    )


def _of(name: str, target: str, nullable: bool = False, ondelete: str | None = None) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target, ondelete=ondelete), nullable=nullable)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "training_cause_rule",
        *_own(
            _of("course_id", "course.id"),
            _of("equipment_id", "equipment.id", nullable=True),
            *_words("equipment_class", "word"),
            _of("person_id", "person.id", nullable=True),
            _of("post_id", "post.id", nullable=True),
            _of("team_id", "team.id", nullable=True),
            sa.Column("due_days", sa.Integer(), nullable=False),
            _of("made_by", "person.id"),
            sa.CheckConstraint("num_nonnulls(person_id, post_id, team_id) <= 1", name="training_cause_rule_one_target"),
        ),
    )
    op.create_index("training_cause_rule_course", "training_cause_rule", ["site_id", "course_id"])
    op.create_table(
        "training_reminder",
        *_own(
            _of("course_id", "course.id"),
            _of("person_id", "person.id"),
            *_words("kind"),
            sa.Column("day", sa.Date(), nullable=False),
            sa.UniqueConstraint("course_id", "person_id", "kind", "day"),
        ),
    )
    op.create_table(
        "course_media",
        *_own(
            *_words("kind", "name", "media_type", "path", "sha256"),
            sa.Column("bytes", sa.Integer(), nullable=False),
            _of("uploaded_by", "person.id"),
        ),
    )
    op.add_column(
        "training_assignment", _of("cause_rule_id", "training_cause_rule.id", nullable=True, ondelete="SET NULL")
    )
    op.add_column("training_assignment", sa.Column("cause", sa.String(), nullable=False, server_default=""))
    op.alter_column("training_assignment", "cause", server_default=None)
    op.create_index(
        "training_assignment_cause",
        "training_assignment",
        ["cause_rule_id", "cause"],
        unique=True,
        postgresql_where=sa.text("cause <> ''"),
    )
    op.add_column("quiz_attempt", sa.Column("ahead", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("quiz_attempt", "ahead", server_default=None)
    op.add_column("quiz_attempt", sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("quiz_attempt", "captured_at")
    op.drop_column("quiz_attempt", "ahead")
    op.drop_index("training_assignment_cause", "training_assignment")
    op.drop_column("training_assignment", "cause")
    op.drop_column("training_assignment", "cause_rule_id")
    for table in ("course_media", "training_reminder", "training_cause_rule"):
        op.drop_table(table)
