# ruff: noqa: S608 - triggers are put together from our own pieces
"""Indicators: their roll-up by day, what changed since it was counted, targets; indexes by which rows are counted.

Revision: 0033, after 0032.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DAY_WORDS, _DAY_NUMBERS = ("dimension", "measure"), ("team_id", "member_id")

_WATCHED = {
    "alarm": (
        "alarm",
        "raised_at, acknowledged_at, judgement, judged_at, closed_at, level, kind, warning, equipment_id, area_id, group_id",
        ("raised_at",),
    ),
    "rectification": (
        "rectification",
        "created_at, deadline, original_deadline, verified_at, state, level, equipment_id, area_id, owner_id, "
        "parent_id, recurs_id, alarm_id, title, cause",
        (
            "created_at",
            "COALESCE(original_deadline, deadline)",
            "verified_at",
            "(SELECT f.verified_at FROM rectification f WHERE f.id = x.recurs_id)",
        ),
    ),
    "inspection_visit": ("visit", "state, closes_at, post_id, stop_id", ("closes_at",)),
    "incident": (
        "incident",
        "state, began_at, opened_at, level, equipment_id, area_id, group_id",
        ("began_at",),
    ),
    "incident_source": (
        "incident",
        "incident_id, source_id, kind",
        ("(SELECT i.began_at FROM incident i WHERE i.id = x.incident_id)",),
    ),
    "hazard_report": (
        "hazard_report",
        "state, created_at, equipment_id, area_id, team_id, reporter_id, level",
        ("created_at",),
    ),
    "maintenance_record": (
        "maintenance",
        "done_on, equipment_id",
        ("(SELECT (x.done_on + time '12:00') AT TIME ZONE s.time_zone FROM site s WHERE s.id = x.site_id)",),
    ),
    "trace": ("trace", "confirmed_at, confirmed_node, first_named, group_id", ("confirmed_at",)),
    "quiz_attempt": ("passing", "passed_at, person_id, course_id", ("passed_at",)),
}
"""Table → topic, columns that matter, moments of a row that place what it counts for."""

_ANYWHERE = {
    "rectification_policy": ("rectification", "recurrence_days"),
    "incident_meeting_choice": ("choice", "cause, saw_ranking, at"),
    "training_cause_rule": ("training_rule", "course_id, equipment_id, equipment_class, word"),
    "post_holder": ("training_rule", "post_id, person_id, until"),
}
"""Table → topic, columns that matter: whatever day may be concerned."""

_ANSWERING = {
    "equipment": "area_id, stage_id, owner_post_id, equipment_class",
    "area": "stage_id, team_id",
    "person": "team_id, role",
    "inspection_stop": "equipment_id, area_id",
    "site": "time_zone",
}
"""Who answers for what: everything is cut anew. New ones have no facts yet."""


def _moment(name: str, nullable: bool = True, stamped: bool = False) -> sa.Column:
    default = sa.text("ansu_now()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _site(key: bool = False) -> sa.Column:
    return sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False, primary_key=key)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "indicator_day",
        _site(),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _DAY_NUMBERS),
        *(sa.Column(name, sa.String(), nullable=False) for name in _DAY_WORDS),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("members", "counted", "base")),
        sa.Column("seconds", sa.ARRAY(sa.Float()), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "team_id", "dimension", "measure", "day", "member_id"),
    )
    op.create_index("indicator_day_again", "indicator_day", ["site_id", "measure", "day"])
    op.create_table(
        "indicator_change",
        _site(),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("topic", sa.String(), nullable=False),
        _moment("at"),
    )
    op.create_index("indicator_change_of", "indicator_change", ["site_id"])
    op.create_table(
        "indicator_round", _site(key=True), _moment("as_of"), sa.Column("zone", sa.String(), nullable=False)
    )
    op.create_table(
        "indicator_target",
        _site(),
        _moment("created_at", nullable=False, stamped=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.UniqueConstraint("site_id", "indicator", "version"),
    )
    op.create_index(
        "alarm_warning_equipment",
        "alarm",
        ["site_id", "equipment_id", "raised_at"],
        postgresql_where=sa.text("warning"),
    )
    first_deadline = sa.text("COALESCE(original_deadline, deadline)")
    op.create_index("rectification_first_deadline", "rectification", ["site_id", first_deadline])
    op.create_index("rectification_made", "rectification", ["site_id", "created_at"])
    op.create_index("rectification_verified", "rectification", ["site_id", "verified_at"])
    for table, (topic, columns, moments) in _WATCHED.items():
        _watch(table, columns, _marks(topic, moments), _marks(topic, moments, "stale"))
    for table, (topic, columns) in _ANYWHERE.items():
        _watch(table, columns, _mark_all(topic), _mark_all(topic, "stale"))
    for table, columns in _ANSWERING.items():
        of = "id" if table == "site" else "site_id"
        _watch(table, columns, "", "", _mark_all("plant", of=of))


def _marks(topic: str, moments: Sequence[str], of: str = "fresh") -> str:
    """Mark the moments of the rows in ``of``; of alarms those that warn under a topic of their own too."""
    listed = ", ".join(moments)
    topics = (
        "'{alarm}'::text[] || CASE WHEN x.warning THEN '{warning}'::text[] END"
        if topic == "alarm"
        else f"ARRAY['{topic}']"
    )
    return (
        "INSERT INTO indicator_change(site_id, topic, at) "
        "SELECT DISTINCT x.site_id, t.topic, date_bin('15 minutes', m.at, '2000-01-01 00:00+00') "
        f"FROM {of} x CROSS JOIN LATERAL unnest({topics}) AS t(topic) "
        f"CROSS JOIN LATERAL unnest(ARRAY[{listed}]::timestamptz[]) AS m(at) WHERE m.at IS NOT NULL;"
    )


def _mark_all(topic: str, of_rows: str = "fresh", *, of: str = "site_id") -> str:
    return f"INSERT INTO indicator_change(site_id, topic) SELECT DISTINCT x.{of}, '{topic}' FROM {of_rows} x;"


def _watch(table: str, columns: str, inserted: str, deleted: str, changed: str = "") -> None:
    """Three triggers a table, since each kind of statement has other rows to tell of."""
    differ = " OR ".join(f"o.{c.strip()} IS DISTINCT FROM n.{c.strip()}" for c in columns.split(","))
    which = f"SELECT {{}}.* FROM stale o JOIN fresh n ON n.id = o.id WHERE {differ}"
    both = [
        words.replace(" FROM fresh x", f" FROM ({which.format(side)}) x")
        for side in ("o", "n")
        for words in [changed or inserted]
    ]
    if changed:
        both = both[1:]
    for kind, body, rows in (
        ("insert", inserted, "NEW TABLE AS fresh"),
        ("update", " ".join(both), "OLD TABLE AS stale NEW TABLE AS fresh"),
        ("delete", deleted, "OLD TABLE AS stale"),
    ):
        if not body:
            continue
        name = f"indicator_{table}_{kind}"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {kind.upper()} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Undo it."""
    for table in (*_WATCHED, *_ANYWHERE, *_ANSWERING):
        for kind in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS indicator_{table}_{kind} ON {table}")
            op.execute(f"DROP FUNCTION IF EXISTS indicator_{table}_{kind}()")
    for name in ("verified", "made", "first_deadline"):
        op.drop_index(f"rectification_{name}", "rectification")
    op.drop_index("alarm_warning_equipment", "alarm")
    for table in ("target", "round", "change", "day"):
        op.drop_table(f"indicator_{table}")
