# ruff: noqa: S608 - triggers are put together from our own pieces
"""The cleaning queue, and what it excludes from the figures: the indicators count the days concerned anew.

Revision: 0051, after 0050.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FRESH, _STALE = "NEW TABLE AS fresh", "OLD TABLE AS stale"
_KINDS = {"alarm": "alarm", "rectification": "rectification", "visit": "inspection_visit", "report": "hazard_report"}
"""What is excluded → its table, whose own changes are watched since 0033: an exclusion marks the same moments."""
_ENTRY_MOMENTS = {"check_in": "at", "rectification_entry": "created_at"}
_TABLES = (
    "cleaning_decision",
    "cleaning_record",
    "cleaning_case",
    "cleaning_round",
    "point_day_level",
    "exclusion",
)


def _of(name: str, table: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable, primary_key=key)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _made() -> sa.Column[object]:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _whole(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names]


def upgrade() -> None:
    """Make it so."""
    _make_exclusions()
    _make_cases()
    op.create_index(
        "point_hour_suspect",
        "point_hour",
        ["site_id", "begins_at"],
        postgresql_where=sa.text("stuck > 0 OR out_of_range > 0"),
    )
    made = _first()
    for kind, rows, which in (
        ("insert", _FRESH, "fresh"),
        ("update", f"{_STALE} {_FRESH}", _changed("lifted_at")),
        ("delete", _STALE, "stale"),
    ):
        _trigger("exclusion", kind, rows, _marks_of_excluded(made, which))
    for table, at in _ENTRY_MOMENTS.items():
        _trigger(table, "insert", _FRESH, _mark_entries(f"SELECT site_id, {at} AS at FROM fresh"))
        _trigger(table, "delete", _STALE, _mark_entries(f"SELECT site_id, {at} AS at FROM stale"))
    moved = " UNION ALL ".join(f"SELECT {side}.site_id, {side}.at {_MOVED}" for side in "on")
    _trigger("check_in", "update", f"{_STALE} {_FRESH}", _mark_entries(moved))
    op.execute("INSERT INTO indicator_change(site_id, topic) SELECT id, 'entry' FROM site")


_MOVED = (
    "FROM stale o JOIN fresh n ON n.id = o.id AND (o.at, o.person_id, o.equipment_id, o.area_id) "
    "IS DISTINCT FROM (n.at, n.person_id, n.equipment_id, n.area_id)"
)


def _make_exclusions() -> None:
    op.create_table(
        "exclusion",
        _of("site_id", "site"),
        _made(),
        _id(),
        *_words("kind"),
        *_whole("record_id", "case_id"),
        _of("made_by", "person"),
        _moment("lifted_at", nullable=True),
        _of("lifted_by", "person", nullable=True),
    )
    key = ["site_id", "kind", "record_id", "case_id"]
    op.create_index("exclusion_active", "exclusion", key, unique=True, postgresql_where=sa.text("lifted_at IS NULL"))
    op.create_index("exclusion_case", "exclusion", ["site_id", "case_id"])


def _make_cases() -> None:
    op.create_table(
        "cleaning_case",
        _of("site_id", "site"),
        _made(),
        _id(),
        *_words("suspicion", "subject", "key"),
        *(_of(f"{one}_id", one, nullable=True) for one in ("point", "equipment", "area", "person", "team")),
        *_words("source"),
        _moment("since"),
        _moment("until"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("count", "concerns")),
        sa.Column("evidence", JSONB(), nullable=False),
        *_words("state"),
        sa.UniqueConstraint("site_id", "key"),
    )
    waiting, waits = ["site_id", "concerns", "count", "id"], sa.text("state = 'open'")
    op.create_index("cleaning_case_waiting", "cleaning_case", waiting, postgresql_where=waits)
    op.create_index("cleaning_case_recent", "cleaning_case", ["site_id", "until"])
    with_point = sa.text("point_id IS NOT NULL")
    op.create_index("cleaning_case_point", "cleaning_case", ["point_id", "until"], postgresql_where=with_point)
    op.create_table(
        "cleaning_record",
        _of("site_id", "site"),
        _id(),
        _of("case_id", "cleaning_case"),
        *_words("suspicion", "kind"),
        *_whole("record_id"),
        sa.Column("suspect", sa.Boolean(), nullable=False),
    )
    once = ["site_id", "suspicion", "kind", "record_id"]
    op.create_index("cleaning_record_once", "cleaning_record", once, unique=True, postgresql_where=sa.text("suspect"))
    op.create_index("cleaning_record_case", "cleaning_record", ["case_id"])
    op.create_table(
        "cleaning_decision",
        _of("site_id", "site"),
        _made(),
        _id(),
        _of("case_id", "cleaning_case"),
        *_words("state", "note"),
        *_whole("kept_id", nullable=True),
        sa.Column("verdict_ids", JSONB(), nullable=False),
        _of("made_by", "person"),
        _moment("undone_at", nullable=True),
        _of("undone_by", "person", nullable=True),
    )
    op.create_index("cleaning_decision_case", "cleaning_decision", ["case_id", "id"])
    op.create_table(
        "point_day_level",
        _of("site_id", "site", key=True),
        _of("point_id", "point", key=True),
        sa.Column("day", sa.Date(), nullable=False, primary_key=True),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
    )
    op.create_table(
        "cleaning_round",
        _of("site_id", "site", key=True),
        _moment("hours_until", nullable=True),
        _moment("records_until", nullable=True),
        sa.Column("night", sa.Date(), nullable=True),
    )


def _first() -> ModuleType:
    """The migration that made the indicators' triggers: what moments of which table matter stands there."""
    spec = importlib.util.spec_from_file_location("indicators_0033", Path(__file__).with_name("0033_indicators.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _changed(column: str) -> str:
    return f"(SELECT n.* FROM stale o JOIN fresh n ON n.id = o.id WHERE o.{column} IS DISTINCT FROM n.{column})"


def _marks_of_excluded(made: ModuleType, which: str) -> str:
    """As if each record itself had gone or come; of entries of people the moments of the entries."""
    marks = []
    for kind, table in _KINDS.items():
        topic, _, moments = made._WATCHED[table]
        rows = f"(SELECT r.* FROM {which} e JOIN {table} r ON r.id = e.record_id AND r.site_id = e.site_id"
        marks.append(made._marks(topic, moments, f"{rows} WHERE e.kind = '{kind}')"))
    marks.append(
        _mark_entries(
            f"SELECT c.site_id, c.at FROM {which} e JOIN check_in c ON c.id = e.record_id AND c.site_id = e.site_id "
            f"WHERE e.kind = 'checkin' UNION ALL SELECT s.site_id, s.created_at FROM {which} e "
            "JOIN rectification_entry s ON s.rectification_id = e.record_id AND s.site_id = e.site_id "
            "WHERE e.kind = 'rectification'"
        )
    )
    return " ".join(marks)


def _mark_entries(rows: str) -> str:
    return (
        "INSERT INTO indicator_change(site_id, topic, at) SELECT DISTINCT x.site_id, 'entry', "
        f"date_bin('15 minutes', x.at, '2000-01-01 00:00+00') FROM ({rows}) x;"
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
    for table in ("exclusion", *_ENTRY_MOMENTS):
        for kind in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS indicator_{table}_{kind} ON {table}")
            op.execute(f"DROP FUNCTION IF EXISTS indicator_{table}_{kind}()")
    op.drop_index("point_hour_suspect", "point_hour")
    op.execute("INSERT INTO indicator_change(site_id, topic) SELECT DISTINCT site_id, 'plant' FROM exclusion")
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DELETE FROM indicator_change WHERE topic = 'entry'")
    op.execute("DELETE FROM indicator_day WHERE measure = 'clean_entries'")
