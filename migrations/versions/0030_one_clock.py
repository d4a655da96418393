"""One clock: what the database stamps by itself it stamps by ``ansu_now()``, which a transaction may set.

So a demo's past is written by the code that writes the present (``backend.core.past``). Nothing else sets it.

Revision: 0030, after 0029.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CLOCK = """
CREATE FUNCTION ansu_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL RESTRICTED AS $$
    SELECT COALESCE(CAST(NULLIF(current_setting('ansu.clock', true), '') AS timestamptz), clock_timestamp())
$$
"""
_STAMPED_BY = """
DO $$
DECLARE stamped record;
BEGIN
    FOR stamped IN
        SELECT d.adrelid::regclass AS of_table, a.attname AS name
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
            JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND pg_get_expr(d.adbin, d.adrelid) = '{before}'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT {after}', stamped.of_table, stamped.name);
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Make it so."""
    op.execute(_CLOCK)
    op.execute(_STAMPED_BY.format(before="clock_timestamp()", after="ansu_now()"))


def downgrade() -> None:
    """Take it back."""
    op.execute(_STAMPED_BY.format(before="ansu_now()", after="clock_timestamp()"))
    op.execute("DROP FUNCTION ansu_now()")
