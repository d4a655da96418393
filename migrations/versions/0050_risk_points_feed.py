# ruff: noqa: S608 - triggers are put together from our own pieces
"""Risk points feed indicators and decisions: what changes of them is counted anew; money that was spent.

Revision: 0050, after 0048.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0050"
down_revision: str | None = "0048"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FRESH, _STALE = "NEW TABLE AS fresh", "OLD TABLE AS stale"
_TABLES = ("risk_point", "hazard_source", "risk_grading", "control_measure")
_ENDS = {"risk_point": "retired_at", "hazard_source": "dropped_at", "control_measure": "dropped_at"}
_SPENT = ("spent", "spent_by", "spent_at")


def upgrade() -> None:
    """Make it so."""
    op.create_index("hazard_source_ever", "hazard_source", ["risk_point_id"])
    for table in _TABLES:
        _trigger(table, "insert", _FRESH, _mark("SELECT site_id, created_at AS at FROM fresh"))
    for table in ("risk_point", "hazard_source", "control_measure"):
        _trigger(table, "delete", _STALE, _mark("SELECT site_id, created_at AS at FROM stale"))
    for table, ended in _ENDS.items():
        _trigger(
            table, "update", f"{_STALE} {_FRESH}", _mark(_ended(ended) + (_moved() if table == "risk_point" else ""))
        )
    op.execute("INSERT INTO indicator_change(site_id, topic) SELECT id, 'risk_point' FROM site")
    op.add_column("suggestion_cost", sa.Column("spent", sa.Numeric(14, 2), nullable=True))
    op.add_column("suggestion_cost", sa.Column("spent_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=True))
    op.add_column("suggestion_cost", sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("suggestion_cost", "money", nullable=True)
    op.create_check_constraint(
        "suggestion_cost_spent", "suggestion_cost", "spent >= 0 AND (spent IS NULL) = (spent_at IS NULL)"
    )


def _ended(ended: str) -> str:
    """Rows that ended or stand again: from their end on it counts otherwise."""
    return (
        f"SELECT n.site_id, e.at FROM stale o JOIN fresh n ON n.id = o.id AND o.{ended} IS DISTINCT FROM n.{ended} "
        f"CROSS JOIN LATERAL (VALUES (o.{ended}), (n.{ended})) AS e(at)"
    )


def _moved() -> str:
    """Points whose place changed: their history moves with them."""
    return (
        " UNION ALL SELECT n.site_id, n.created_at FROM stale o JOIN fresh n ON n.id = o.id "
        "AND (o.equipment_id, o.area_id) IS DISTINCT FROM (n.equipment_id, n.area_id)"
    )


def _mark(rows: str) -> str:
    return (
        "INSERT INTO indicator_change(site_id, topic, at) SELECT DISTINCT x.site_id, 'risk_point', "
        f"date_bin('15 minutes', x.at, '2000-01-01 00:00+00') FROM ({rows}) x WHERE x.at IS NOT NULL;"
    )


def _trigger(table: str, kind: str, rows: str, body: str) -> None:
    name = f"indicator_{table}_{kind}"
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {kind.upper()} ON {table} REFERENCING {rows} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_constraint("suggestion_cost_spent", "suggestion_cost")
    op.execute("DELETE FROM suggestion_cost WHERE money IS NULL")
    op.alter_column("suggestion_cost", "money", nullable=False)
    for name in reversed(_SPENT):
        op.drop_column("suggestion_cost", name)
    for table in _TABLES:
        for kind in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS indicator_{table}_{kind} ON {table}")
            op.execute(f"DROP FUNCTION IF EXISTS indicator_{table}_{kind}()")
    op.execute("DELETE FROM indicator_change WHERE topic = 'risk_point'")
    op.execute("DELETE FROM indicator_day WHERE measure = 'known_by_list'")
    op.execute("INSERT INTO indicator_change(site_id, topic) SELECT id, 'incident' FROM site")
    op.drop_index("hazard_source_ever", "hazard_source")
