"""Wake sleeping phones: subscriptions of web push, quiet hours, and the state of each push.

Revision: 0004, after 0003.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.add_column("delivery", sa.Column("state", AutoString(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "push_subscription",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("session_id", sa.BigInteger(), sa.ForeignKey("login_session.id"), nullable=False),
        sa.Column("endpoint", AutoString(), nullable=False, unique=True),
        sa.Column("p256dh", AutoString(), nullable=False),
        sa.Column("auth", AutoString(), nullable=False),
        sa.Column("device", AutoString(), nullable=False),
        sa.Column("locale", AutoString(), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("push_subscription_person", "push_subscription", ["site_id", "person_id"])
    op.create_table(
        "quiet_hours",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("level", AutoString(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
    )
    op.create_index("quiet_hours_once", "quiet_hours", ["person_id", "level"], unique=True)


def downgrade() -> None:
    """Take it back. Pushes go with it: the tables before know none."""
    op.drop_table("quiet_hours")
    op.drop_table("push_subscription")
    op.execute("DELETE FROM delivery WHERE channel LIKE 'push:%'")
    op.drop_column("delivery", "sent_at")
    op.drop_column("delivery", "state")
