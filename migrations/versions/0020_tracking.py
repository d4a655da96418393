"""What people stated of a gas leak during an incident.

Revision: 0020, after 0019.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBERS = ("rate_g_s", "height_m", "wind_m_s", "wind_from_deg")
_PLAN = ("plan_width_m", "plan_up_deg")


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "incident_plume",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("incident_id", sa.BigInteger(), sa.ForeignKey("incident.id"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("substance", sa.String(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in _NUMBERS),
        sa.Column("sky", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in _PLAN),
    )
    op.create_index("incident_plume_of", "incident_plume", ["incident_id", "id"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("incident_plume")
