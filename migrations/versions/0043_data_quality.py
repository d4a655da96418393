"""Data quality: hours of points, accounts of sources by quarter of an hour, norms, days of sources.

Revision: 0043, after 0042.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MARK = (
    "INSERT INTO indicator_change(site_id, topic, at) SELECT DISTINCT x.site_id, 'source_day', "
    "(x.day + m.at) AT TIME ZONE 'UTC' FROM "
)
_TWICE = " x CROSS JOIN (VALUES (time '00:00'), (time '12:00')) AS m(at);"
"""One of the two lies on that day in whatever zone."""
_DIFFERENT = "(SELECT n.* FROM stale o JOIN fresh n ON n.id = o.id WHERE o.score IS DISTINCT FROM n.score)"


def _of(name: str, table: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable, primary_key=key)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _moment(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, primary_key=key)


def _made() -> sa.Column[object]:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("ansu_now()"))


def _whole(*names: str, kind: type[sa.types.TypeEngine[int]] = sa.BigInteger) -> list[sa.Column[int]]:
    return [sa.Column(name, kind(), nullable=False) for name in names]


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    _counted()
    _judged()
    op.create_table(
        "source_day",
        _of("site_id", "site"),
        _id(),
        *_words("family", "code"),
        sa.Column("day", sa.Date(), nullable=False),
        _moment("until"),
        *_whole("norm_version", kind=sa.Integer),
        *_whole("expected", "got", "stored", "on_time", "checked", "valid", "received", "single"),
        *_whole("clock", "out_of_range", "stuck", "backfill", "excluded", "rejected"),
        *_whole("points", "points_short", kind=sa.Integer),
        _of("worst_point_id", "point", nullable=True),
        *_whole("worst_lost"),
        _moment("silent_from", nullable=True),
        *_whole("silent_hours", kind=sa.Integer),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("target", sa.Float(), nullable=False),
        _moment("told_at", nullable=True),
        sa.UniqueConstraint("site_id", "family", "code", "day"),
    )
    op.create_index("source_day_recent", "source_day", ["site_id", "day"])
    op.create_table(
        "quality_round",
        _of("site_id", "site", key=True),
        _moment("begins", nullable=True),
        _moment("until", nullable=True),
        *_words("zone"),
    )
    for kind, body, rows in (
        ("insert", _MARK + "fresh" + _TWICE, "NEW TABLE AS fresh"),
        ("update", _MARK + _DIFFERENT + _TWICE, "OLD TABLE AS stale NEW TABLE AS fresh"),
        ("delete", _MARK + "stale" + _TWICE, "OLD TABLE AS stale"),
    ):
        name = f"indicator_source_day_{kind}"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {kind.upper()} ON source_day REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _counted() -> None:
    op.create_table(
        "point_hour",
        _of("site_id", "site", key=True),
        _of("point_id", "point", key=True),
        _moment("begins_at", key=True),
        sa.Column("day", sa.Date(), nullable=False),
        *_whole("seconds", kind=sa.Integer),
        *_words("source"),
        sa.Column("every_s", sa.Float(), nullable=True),
        *_whole("stored", "clock", "out_of_range", "stuck", "backfill", "excluded", "invalid", kind=sa.Integer),
        sa.Column("within", sa.ARRAY(sa.Integer()), nullable=False),
    )
    op.create_index("point_hour_day", "point_hour", ["site_id", "day", "source"])
    op.create_table(
        "point_hour_again",
        *_whole("site_id", "point_id"),
        _id(),
        _moment("hour"),
    )
    op.create_index("point_hour_again_of", "point_hour_again", ["site_id", "hour"])
    op.create_table(
        "source_tally",
        _of("site_id", "site", key=True),
        sa.Column("source", sa.String(), nullable=False, primary_key=True),
        _moment("at", key=True),
        *_whole("received", "stored", "duplicate", "rejected"),
        # Counted up with every batch: room on its own page spares the index.
        postgresql_with={"fillfactor": "50"},
    )


def _judged() -> None:
    op.create_table(
        "value_verdict",
        _of("site_id", "site"),
        _made(),
        _id(),
        _of("point_id", "point"),
        _moment("since"),
        _moment("until"),
        sa.Column("genuine", sa.Boolean(), nullable=False),
        sa.CheckConstraint("since <= until", name="value_verdict_some_time"),
    )
    op.create_index("value_verdict_of", "value_verdict", ["site_id", "point_id", "since"])
    op.create_table(
        "source_norm",
        _of("site_id", "site"),
        _made(),
        _id(),
        *_words("family", "code"),
        *_whole("version", kind=sa.Integer),
        sa.Column("since", sa.Date(), nullable=False),
        _of("owner_post_id", "post", nullable=True),
        _of("owner_id", "person", nullable=True),
        sa.Column("interval_s", sa.Float(), nullable=True),
        *_whole("lateness_s", kind=sa.Integer),
        sa.Column("complete_wanted", sa.Float(), nullable=False),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("quiet_weekdays", JSONB(), nullable=False),
        sa.Column("quiet_days", JSONB(), nullable=False),
        *_words("reason"),
        _of("set_by", "person", nullable=True),
        sa.UniqueConstraint("site_id", "family", "code", "version"),
    )


def downgrade() -> None:
    """Undo it."""
    for kind in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS indicator_source_day_{kind} ON source_day")
        op.execute(f"DROP FUNCTION IF EXISTS indicator_source_day_{kind}()")
    for table in (
        "quality_round",
        "source_day",
        "source_norm",
        "value_verdict",
        "source_tally",
        "point_hour_again",
        "point_hour",
    ):
        op.drop_table(table)
