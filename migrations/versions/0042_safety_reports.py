"""Safety reports of weeks and months, and who is told of them.

Revision: 0042, after 0041.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _known() -> list[sa.Column[int]]:
    return [
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
    ]


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()"))


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "safety_report",
        *_known(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("stage_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("made_at"),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("content", JSONB(), nullable=False),
    )
    once = ["site_id", "kind", "first", "stage_id", "version"]
    op.create_index("safety_report_once", "safety_report", once, unique=True)
    op.create_index("safety_report_recent", "safety_report", ["site_id", "first"])
    op.create_table(
        "report_audience",
        *_known(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_ids", JSONB(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True),
        _moment("set_at"),
    )
    op.create_index("report_audience_recent", "report_audience", ["site_id", "kind", "id"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("report_audience")
    op.drop_table("safety_report")
