"""Channels: what AnSu has to tell reaches groups, mailboxes and other systems outside the app.

Revision: 0054, after 0053.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _of(name: str, table: str, *, nullable: bool = False, ondelete: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _moment(name: str, *, nullable: bool = True, now: bool = False) -> sa.Column[object]:
    default = sa.text("ansu_now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _documents(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, JSONB(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so. What happened before is no news: the reader begins after the last event."""
    op.create_table(
        "channel",
        _of("site_id", "site"),
        _moment("created_at", nullable=False, now=True),
        _id(),
        *_words("name", "kind", "locale"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *_words("shown", "alarms_from", "paused_by", "lease", "last_reason", "last_detail"),
        *_documents("setting", "topics", "area_ids", "stage_ids", "recent"),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        _of("created_by", "person", nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        *(_moment(name) for name in ("retired_at", "paused_at", "next_at", "limited_until", "leased_until")),
        *(_moment(name) for name in ("last_call_at", "last_sent_at", "last_failed_at")),
    )
    op.create_index("channel_site", "channel", ["site_id", "id"], postgresql_where=sa.text("retired_at IS NULL"))
    op.create_table(
        "channel_message",
        _of("site_id", "site"),
        _id(),
        _of("channel_id", "channel"),
        *_words("kind", "state", "level", "reason", "detail"),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("made_at", nullable=False, now=True),
        _moment("ended_at"),
    )
    op.create_index("channel_message_recent", "channel_message", ["channel_id", "id"])
    waiting = sa.text("state = 'waiting'")
    op.create_index("channel_message_waiting", "channel_message", ["channel_id", "id"], postgresql_where=waiting)
    op.create_index("channel_message_made", "channel_message", ["made_at"])
    op.create_table(
        "channel_news",
        _of("site_id", "site"),
        _id(),
        _of("channel_id", "channel"),
        _of("event_id", "event"),
        _of("message_id", "channel_message", nullable=True, ondelete="CASCADE"),
        *_words("topic", "level", "subject"),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        _moment("at", nullable=False),
        _moment("due_at", nullable=False),
        *_documents("told"),
    )
    op.create_index("channel_news_once", "channel_news", ["channel_id", "event_id"], unique=True)
    loose = sa.text("message_id IS NULL")
    op.create_index("channel_news_waiting", "channel_news", ["channel_id", "due_at"], postgresql_where=loose)
    op.create_index("channel_news_message", "channel_news", ["message_id"])
    op.execute(
        "INSERT INTO event_reader(name, horizon) SELECT 'channels', COALESCE(max(txid) + 1, 0) FROM event "
        "ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    """Undo it: what waits is not sent any more."""
    for table in ("channel_news", "channel_message", "channel"):
        op.drop_table(table)
    op.execute("DELETE FROM event_reader WHERE name = 'channels'")
