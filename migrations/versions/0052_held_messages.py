"""Refused messages are held whole, within a limit, and can be taken in once their cause is mended.

Revision: 0052, after 0051.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, table: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable, primary_key=key)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _wide(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "held_message",
        _of("site_id", "site"),
        _id(),
        _moment("received_at"),
        *_words("topic", "source"),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("retained", "whole")),
        *_numbers("size"),
    )
    op.create_index("held_message_oldest", "held_message", ["site_id", "id"], postgresql_include=["size"])
    op.create_index("held_message_received", "held_message", ["site_id", "received_at"])
    op.create_table(
        "held_part",
        _of("site_id", "site"),
        sa.Column("held_id", sa.BigInteger(), sa.ForeignKey("held_message.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("reason", sa.String(), primary_key=True),
        sa.Column("code", sa.String(), primary_key=True),
        *_words("source"),
        _moment("received_at"),
        *_numbers("parts"),
    )
    op.create_index("held_part_cause", "held_part", ["site_id", "reason", "code", "source", "held_id"])
    op.create_table(
        "held_loss",
        _of("site_id", "site", key=True),
        *_wide("messages", "bytes"),
        _moment("since"),
        _moment("last_at"),
    )
    op.create_table(
        "retake_run",
        _of("site_id", "site"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()")),
        _id(),
        *_words("reason", "code", "source"),
        sa.Column("mended", sa.Boolean(), nullable=False),
        _of("asked_by", "person", nullable=True),
        *_wide("until_id", "at_id"),
        *_numbers("total", "looked_at"),
        *_wide("stored", "duplicate", "refused"),
        sa.Column("memory", JSONB(), nullable=False),
        _moment("finished_at", nullable=True),
    )
    op.create_index("retake_run_recent", "retake_run", ["site_id", "id"])


def downgrade() -> None:
    """Take it back: what was held goes, the rejections stay as they were."""
    for table in ("retake_run", "held_loss", "held_part", "held_message"):
        op.drop_table(table)
