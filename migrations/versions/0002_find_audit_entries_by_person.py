"""Find audit entries by person: the index that the table's model names and 0001 left out.

Revision: 0002, after 0001.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.create_index("audit_entry_actor", "audit_entry", ["site_id", "actor_id", "id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("audit_entry_actor", table_name="audit_entry")
