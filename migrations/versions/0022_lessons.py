"""Lessons: rounds of looking for patterns, the patterns found, and what is suggested because of them.

Revision: 0022, after 0021.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _site() -> sa.Column:
    return sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False)


def _of(name: str, target: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=True)


def _at(name: str, nullable: bool = False) -> sa.Column:
    stamp = None if nullable else sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _some(kind: sa.types.TypeEngine, *names: str) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "lesson_round",
        _site(),
        _key(),
        _at("made_at"),
        _at("since", nullable=True),
        *_some(sa.Integer(), "records", "tested", "found"),
    )
    op.create_index("lesson_round_recent", "lesson_round", ["site_id", "id"])
    op.create_table(
        "lesson_pattern",
        _site(),
        _key(),
        *_some(sa.String(), "key", "kind"),
        *_some(postgresql.JSONB(), "items", "refs"),
        *_some(sa.Integer(), "times", "of"),
        *_some(sa.Float(), "expected", "p", "q"),
        sa.Column("delay_s", sa.Float(), nullable=True),
        *_some(sa.Boolean(), "current"),
        _at("first_found_at"),
        _at("found_at"),
        sa.UniqueConstraint("site_id", "key"),
    )
    op.create_index("lesson_pattern_current", "lesson_pattern", ["site_id", "current", "p"])
    op.create_table(
        "lesson_suggestion",
        _site(),
        _key(),
        *_some(sa.String(), "key", "kind", "state"),
        _of("pattern_id", "lesson_pattern.id"),
        _of("equipment_id", "equipment.id"),
        _of("rule_id", "alarm_rule.id"),
        *_some(sa.String(), "words", "words_en"),
        *_some(postgresql.JSONB(), "proposal", "watch", "refs"),
        *_some(sa.Float(), "per_90_days"),
        _at("made_at"),
        _at("decided_at", nullable=True),
        _of("decided_by", "person.id"),
        *_some(sa.String(), "reason", "landed_kind"),
        sa.Column("landed_id", sa.BigInteger(), nullable=True),
        *_some(postgresql.JSONB(), "effect"),
        sa.UniqueConstraint("site_id", "key"),
    )
    op.create_index("lesson_suggestion_state", "lesson_suggestion", ["site_id", "state", "id"])
    op.create_index("lesson_suggestion_landed", "lesson_suggestion", ["site_id", "landed_kind", "landed_id"])
    op.create_index("lesson_suggestion_pattern", "lesson_suggestion", ["pattern_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("lesson_suggestion")
    op.drop_table("lesson_pattern")
    op.drop_table("lesson_round")
