"""Courses, their versions, who must pass them, and tries at their quizzes.

Revision: 0005, after 0004.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not stamped, server_default=stamp)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "course",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("site_id", "code"),
    )
    op.create_table(
        "course_version",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("course_id", "course.id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("course_id", "number"),
    )
    op.create_table(
        "training_assignment",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("course_id", "course.id"),
        _of("person_id", "person.id", nullable=True),
        _of("post_id", "post.id", nullable=True),
        _of("team_id", "team.id", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        _of("assigned_by", "person.id", nullable=True),
        sa.CheckConstraint("num_nonnulls(person_id, post_id, team_id) = 1", name="training_assignment_one_target"),
    )
    op.create_index("training_assignment_course", "training_assignment", ["site_id", "course_id"])
    op.create_table(
        "quiz_attempt",
        _of("site_id", "site.id"),
        _key(),
        _of("course_id", "course.id"),
        _of("version_id", "course_version.id"),
        _of("person_id", "person.id"),
        sa.Column("seed", sa.Integer(), nullable=False),
        _at("started_at", stamped=True),
        _at("submitted_at"),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        _at("passed_at"),
        sa.Column("valid_until", sa.Date(), nullable=True),
    )
    op.create_index("quiz_attempt_person", "quiz_attempt", ["site_id", "person_id", "course_id"])
    op.create_index(
        "quiz_attempt_open",
        "quiz_attempt",
        ["course_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("submitted_at IS NULL"),
    )


def downgrade() -> None:
    """Take it back."""
    for table in ("quiz_attempt", "training_assignment", "course_version", "course"):
        op.drop_table(table)
