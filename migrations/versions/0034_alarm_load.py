"""Alarm load: operators of a site, rules tried on past readings, changes that were made by a trial.

Revision: 0034, after 0033.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RAISED = "kind = 'alarm.raised' AND data ->> 'state' <> 'shelved'"


def _id(target: str, *, nullable: bool = False) -> sa.Column[int]:
    table = target.partition(".")[0]
    name = {"person": "asked_by", "alarm_rule": "rule_id", "rule_trial": "trial_id"}[table]
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("ansu_now()") if now else None
    )


def _own() -> list[sa.Column[int]]:
    return [
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
    ]


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB(), nullable=False)


def upgrade() -> None:
    """Make it so."""
    op.create_index(
        "event_alarm_raised",
        "event",
        ["site_id", "at"],
        postgresql_where=sa.text(_RAISED),
        postgresql_include=["subject_id", "level"],
    )
    op.create_table(
        "alarm_operators",
        _at("created_at", now=True),
        *_own(),
        sa.Column("operators", sa.Integer(), nullable=False),
        sa.UniqueConstraint("site_id"),
        sa.CheckConstraint("operators > 0", name="alarm_operators_some"),
    )
    op.create_table(
        "rule_trial",
        *_own(),
        _id("alarm_rule.id", nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        _json("present"),
        _json("draft"),
        _at("from_at"),
        _at("to_at"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done_share", sa.Float(), nullable=False),
        _json("result"),
        _id("person.id"),
        _at("asked_at", now=True),
        _at("finished_at", nullable=True),
    )
    op.create_index("rule_trial_of", "rule_trial", ["rule_id", "id"])
    op.create_index("rule_trial_recent", "rule_trial", ["site_id", "id"])
    op.create_table(
        "rationalisation",
        *_own(),
        _id("alarm_rule.id"),
        _id("rule_trial.id"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("from_version", "to_version")),
        _json("before"),
        _json("after"),
        sa.Column("days", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("alarms_before", "alarms_after")),
        sa.Column("applied_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        _at("applied_at", now=True),
        sa.Column("restored_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        _at("restored_at", nullable=True),
        sa.Column("restored_version", sa.Integer(), nullable=True),
        sa.UniqueConstraint("trial_id"),
    )
    op.create_index("rationalisation_of", "rationalisation", ["rule_id", "id"])
    op.create_index("rationalisation_recent", "rationalisation", ["site_id", "id"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("rationalisation")
    op.drop_table("rule_trial")
    op.drop_table("alarm_operators")
    op.drop_index("event_alarm_raised", "event")
