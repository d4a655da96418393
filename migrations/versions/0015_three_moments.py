"""Traces of three moments and by hand, causes that people rule out, checks on site.

Revision: 0015, after 0014.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
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


def _moment(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Make it so. Traces whose first alarm was an early warning of the learned normal are called so."""
    for name, usual in (("origin", "alarm"), ("stage", "live"), ("asked_for", "")):
        op.add_column("trace", sa.Column(name, sa.String(), nullable=False, server_default=usual))
        op.alter_column("trace", name, server_default=None)
    op.add_column("trace", _of("asked_by", "person.id", nullable=True))
    op.alter_column("trace", "group_id", nullable=True)
    op.execute(
        "UPDATE trace t SET origin = 'warning' WHERE NOT EXISTS "
        "(SELECT FROM alarm a WHERE a.group_id = t.group_id AND a.kind <> 'deviation')"
    )
    op.create_check_constraint("trace_by_hand_has_no_group", "trace", "(group_id IS NULL) = (origin = 'hand')")
    op.create_check_constraint("trace_by_hand_was_asked", "trace", "(asked_by IS NULL) = (origin <> 'hand')")
    op.create_table(
        "trace_dismissal",
        *_own(
            _of("trace_id", "trace.id", ondelete="CASCADE"),
            *_words("node"),
            _of("person_id", "person.id"),
            sa.UniqueConstraint("trace_id", "node"),
        ),
    )
    op.create_table(
        "trace_check",
        *_own(
            _of("trace_id", "trace.id", ondelete="CASCADE"),
            *_words("node"),
            _of("post_id", "post.id", nullable=True),
            _of("asked_by", "person.id"),
            *_words("question", "level"),
            _moment("due_at", nullable=False),
            _of("answered_by", "person.id", nullable=True),
            _moment("answered_at"),
            _moment("captured_at"),
            *_words("verdict", "note"),
        ),
    )
    op.create_index("trace_check_trace", "trace_check", ["trace_id"])
    op.create_index("trace_check_open", "trace_check", ["site_id", "answered_at"])
    op.create_table(
        "trace_check_photo",
        *_own(
            _of("check_id", "trace_check.id", ondelete="CASCADE"),
            _of("uploaded_by", "person.id"),
            *_words("sha256", "path", "thumbnail_path"),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height", "bytes")),
        ),
    )
    op.create_index("trace_check_photo_of", "trace_check_photo", ["check_id"])


def downgrade() -> None:
    """Take it back. What people asked by hand is lost: it has no place there."""
    for table in ("trace_check_photo", "trace_check", "trace_dismissal"):
        op.drop_table(table)
    op.execute("DELETE FROM trace WHERE group_id IS NULL")
    op.drop_constraint("trace_by_hand_has_no_group", "trace")
    op.drop_constraint("trace_by_hand_was_asked", "trace")
    op.alter_column("trace", "group_id", nullable=False)
    for name in ("asked_by", "asked_for", "stage", "origin"):
        op.drop_column("trace", name)
