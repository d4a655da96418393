"""The cause that a trace names first as a column of its own, so that causes of years can be counted.

Revision: 0028, after 0027. Each row of ``trace`` is written anew once.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make it so."""
    op.execute(
        """
ALTER TABLE trace ADD COLUMN first_named text GENERATED ALWAYS AS (
COALESCE(jsonb_path_query_first(result, '$."fused"[*]?(@."contributes" == false && @."key" != "rest")'::jsonpath)
    ->> 'key'::text, result #>> '{causes,0,node}'::text[], ''::text)
) STORED
"""
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_column("trace", "first_named")
