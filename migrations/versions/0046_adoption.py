# ruff: noqa: S608 - triggers are put together from our own pieces
"""Weekly use and feedback: who worked with AnSu on which day, what people say of it, how adoption is weighed.

Revision: 0046, after 0045.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PLACED = {
    "person_day": ((), "x.first_at"),
    "feedback": (("first_due_at", "answered_at", "team_id"), "x.first_due_at"),
}
"""Table (and topic) → columns whose change matters, the moment that places it. A day of somebody never changes."""
_ANYWHERE = {
    "person": ("account", ("active", "left_at", "created_at")),
    "duty_absence": ("absence", ("from_on", "to_on", "removed_at")),
}
"""Table → topic, columns that matter: whatever week may be concerned."""
_KINDS = (
    ("insert", "NEW TABLE AS fresh"),
    ("update", "OLD TABLE AS stale NEW TABLE AS fresh"),
    ("delete", "OLD TABLE AS stale"),
)


def _of(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _known() -> list[sa.Column[int]]:
    return [_of("site_id", "site"), sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)]


def _moment(name: str, *, nullable: bool = True, stamped: bool = False) -> sa.Column[object]:
    default = sa.text("ansu_now()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.add_column("person", _moment("left_at"))
    op.execute(
        "UPDATE person p SET left_at = (SELECT max(a.at) FROM audit_entry a WHERE a.site_id = p.site_id AND "
        "a.object_type = 'person' AND a.object_id = p.id AND a.action = 'person.disable') WHERE NOT p.active"
    )
    op.create_table(
        "person_day",
        _of("site_id", "site"),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        _moment("first_at", nullable=False),
        _moment("last_at", nullable=False),
    )
    op.create_index("person_day_site", "person_day", ["site_id", "day"])
    op.create_index("rectification_entry_made", "rectification_entry", ["site_id", "created_at"])
    _feedback()
    op.create_table(
        "adoption_rule",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("weights", JSONB(), nullable=False),
        sa.Column("good", sa.Float(), nullable=False),
        sa.Column("fair", sa.Float(), nullable=False),
        *_words("reason"),
        _of("set_by", "person"),
        sa.UniqueConstraint("site_id", "number"),
    )
    for table, (columns, at) in _PLACED.items():
        mark = (
            "INSERT INTO indicator_change(site_id, topic, at) SELECT DISTINCT x.site_id, "
            f"'{table}', date_bin('15 minutes', {at}, '2000-01-01 00:00+00') FROM {{rows}} x WHERE {at} IS NOT NULL;"
        )
        _watch(table, mark, columns)
    for table, (topic, columns) in _ANYWHERE.items():
        mark = f"INSERT INTO indicator_change(site_id, topic) SELECT DISTINCT x.site_id, '{topic}' FROM {{rows}} x;"
        _watch(table, mark, columns)


def _feedback() -> None:
    op.create_table(
        "feedback",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        *_words("number", "kind", "words", "page", "device", "version", "locale", "role", "state"),
        _of("person_id", "person"),
        _of("team_id", "team", nullable=True),
        _of("assigned_to", "person", nullable=True),
        _of("merged_into_id", "feedback", nullable=True),
        *(_moment(name) for name in ("captured_at", "first_due_at", "due_at", "remind_at", "answered_at")),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.UniqueConstraint("site_id", "number"),
    )
    op.create_index("feedback_state", "feedback", ["site_id", "state", "id"])
    op.create_index("feedback_person", "feedback", ["site_id", "person_id", "id"])
    op.create_index("feedback_due", "feedback", ["site_id", "first_due_at"])
    op.create_index("feedback_merged", "feedback", ["merged_into_id"])
    op.create_index("feedback_made", "feedback", ["site_id", "created_at"])
    waiting = sa.text("state IN ('received', 'working')")
    op.create_index("feedback_remind", "feedback", ["remind_at"], postgresql_where=waiting)
    op.create_table(
        "feedback_entry",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        _of("feedback_id", "feedback"),
        *_words("kind", "words"),
        _of("person_id", "person", nullable=True),
        _of("to_person_id", "person", nullable=True),
    )
    op.create_index("feedback_entry_of", "feedback_entry", ["feedback_id", "id"])
    op.create_table(
        "feedback_photo",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        _of("feedback_id", "feedback"),
        *_words("sha256", "path", "thumbnail_path"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("width", "height", "bytes")),
    )
    op.create_index("feedback_photo_of", "feedback_photo", ["feedback_id", "id"])
    op.create_table(
        "feedback_template",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        *_words("title", "words"),
        _of("made_by", "person"),
        _moment("retired_at"),
    )
    op.create_index("feedback_template_site", "feedback_template", ["site_id", "id"])
    op.create_table(
        "feedback_policy",
        *_known(),
        _moment("created_at", nullable=False, stamped=True),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        _of("set_by", "person"),
    )
    op.create_index("feedback_policy_recent", "feedback_policy", ["site_id", "id"])


def _watch(table: str, mark: str, columns: Sequence[str]) -> None:
    """Three triggers a table; those of ``indicator_<table>_*`` of revision 0033 are left alone."""
    differ = " OR ".join(f"o.{name} IS DISTINCT FROM n.{name}" for name in columns)
    changed = f"(SELECT {{side}}.* FROM stale o JOIN fresh n ON n.id = o.id WHERE {differ})"
    bodies = {
        "insert": mark.format(rows="fresh"),
        "update": " ".join(mark.format(rows=changed.format(side=side)) for side in ("o", "n")),
        "delete": mark.format(rows="stale"),
    }
    for kind, rows in _KINDS:
        if kind == "update" and not columns:
            continue
        name = f"adoption_{table}_{kind}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {bodies[kind]} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {kind.upper()} ON {table} REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def downgrade() -> None:
    """Undo it."""
    for table in (*_PLACED, *_ANYWHERE):
        for kind, _ in _KINDS:
            op.execute(f"DROP TRIGGER IF EXISTS adoption_{table}_{kind} ON {table}")
            op.execute(f"DROP FUNCTION IF EXISTS adoption_{table}_{kind}()")
    op.drop_index("rectification_entry_made", "rectification_entry")
    for table in (
        "adoption_rule",
        "feedback_policy",
        "feedback_template",
        "feedback_photo",
        "feedback_entry",
        "feedback",
        "person_day",
    ):
        op.drop_table(table)
    op.drop_column("person", "left_at")
