"""Duty performance: rules, leave, months, statements, appeals, rewards.

Revision: 0035, after 0034.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT = """
CREATE FUNCTION keep_duty_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'duty_statement %: a frozen version is never changed or deleted', OLD.id;
END $$
"""
_KEEPS = """
CREATE TRIGGER duty_statement_kept BEFORE UPDATE OR DELETE ON duty_statement
FOR EACH ROW WHEN (OLD.version > 0) EXECUTE FUNCTION keep_duty_statement()
"""


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, *, nullable: bool = False, stamped: bool = False) -> sa.Column:
    default = sa.text("ansu_now()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _days(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Date(), nullable=False) for name in names]


def _documents(*names: str) -> list[sa.Column]:
    return [sa.Column(name, postgresql.JSONB(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "duty_rule",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_numbers("number"),
        *_days("from_month"),
        *_documents("terms"),
        _of("made_by", "person.id"),
        *_words("why"),
        sa.UniqueConstraint("site_id", "number"),
    )
    op.execute(
        "CREATE TRIGGER duty_rule_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON duty_rule "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )
    op.create_table(
        "duty_absence",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("person_id", "person.id"),
        *_days("from_on", "to_on"),
        *_words("reason"),
        _of("made_by", "person.id"),
        _at("removed_at", nullable=True),
        _of("removed_by", "person.id", nullable=True),
        sa.CheckConstraint("from_on <= to_on", name="duty_absence_in_order"),
    )
    op.create_index("duty_absence_person", "duty_absence", ["site_id", "person_id", "from_on"])
    op.create_table(
        "duty_month",
        _of("site_id", "site.id"),
        _key(),
        *_days("month"),
        _at("frozen_at"),
        sa.UniqueConstraint("site_id", "month"),
    )
    _statements()
    _decided()


def _statements() -> None:
    op.create_table(
        "duty_statement",
        _of("site_id", "site.id"),
        _key(),
        _of("person_id", "person.id"),
        *_days("month"),
        *_numbers("version", "rule_number"),
        _of("team_id", "team.id", nullable=True),
        *_documents("post_ids", "facts", "excused"),
        sa.Column("score", sa.Numeric(5, 2), nullable=True),
        *_numbers("exposure", "lapses"),
        *_words("why"),
        _at("made_at"),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.UniqueConstraint("person_id", "month", "version"),
    )
    op.create_index(
        "duty_statement_month", "duty_statement", ["site_id", "month", "person_id", sa.text("version DESC")]
    )
    op.execute(_KEPT)
    op.execute(_KEEPS)


def _decided() -> None:
    op.create_table(
        "duty_appeal",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("person_id", "person.id"),
        *_days("month"),
        *_words("row_key"),
        *_documents("row"),
        sa.Column("points", sa.Numeric(5, 2), nullable=False),
        *_words("reason", "photo_path", "photo_thumbnail_path"),
        _at("due_at"),
        *_words("state", "answer"),
        _of("answered_by", "person.id", nullable=True),
        _at("answered_at", nullable=True),
        sa.UniqueConstraint("person_id", "month", "row_key"),
    )
    op.create_index(
        "duty_appeal_open", "duty_appeal", ["site_id", "due_at"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "duty_reward",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("person_id", "person.id"),
        *_days("month"),
        *_words("kind", "subject", "words", "url"),
        sa.Column("points", sa.Numeric(6, 2), nullable=False),
        sa.Column("yuan", sa.Numeric(10, 2), nullable=False),
        *_words("state"),
        _of("decided_by", "person.id", nullable=True),
        _at("decided_at", nullable=True),
        sa.UniqueConstraint("person_id", "month", "kind", "subject"),
    )
    op.create_index("duty_reward_month", "duty_reward", ["site_id", "month"])


def downgrade() -> None:
    """Undo it."""
    for table in ("duty_reward", "duty_appeal", "duty_statement", "duty_month", "duty_absence", "duty_rule"):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_duty_statement()")
