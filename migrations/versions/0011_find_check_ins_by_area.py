"""Find the latest check-ins of an area, which its page shows after every scan.

Revision: 0011, after 0010.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.create_index("check_in_area", "check_in", ["area_id", "at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("check_in_area", "check_in")
