"""The review of an incident: duties not done with the answers to them, what was foretold, the report in versions.

Revision: 0021, after 0020.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT = ("incident_lapse", "incident_lapse_reply", "incident_forecast", "incident_review")


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, nullable: bool = False, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so. Incidents of before aren't looked through: the reader begins after the newest event."""
    op.create_table(
        "incident_lapse",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        *_words("kind"),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        _of("person_id", "person.id", nullable=True),
        _of("post_id", "post.id", nullable=True),
        _of("equipment_id", "equipment.id", nullable=True),
        _at("due_at"),
        _at("done_at", nullable=True),
        *_words("title", "title_en", "url"),
        _at("found_at", stamped=True),
    )
    op.create_index(
        "incident_lapse_once",
        "incident_lapse",
        ["incident_id", "kind", "row_id", sa.text("COALESCE(person_id, 0)")],
        unique=True,
    )
    op.create_index("incident_lapse_person", "incident_lapse", ["site_id", "person_id"])
    op.create_table(
        "incident_lapse_reply",
        _of("site_id", "site.id"),
        _key(),
        _of("lapse_id", "incident_lapse.id"),
        _of("person_id", "person.id"),
        *_words("words"),
        _at("at", stamped=True),
    )
    op.create_index("incident_lapse_reply_of", "incident_lapse_reply", ["lapse_id", "id"])
    op.create_table(
        "incident_forecast",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _of("equipment_id", "equipment.id"),
        *(_at(name) for name in ("foretold_at", "arrival_at", "earliest", "latest")),
        sa.UniqueConstraint("incident_id", "equipment_id"),
    )
    op.create_table(
        "incident_review",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        *_words("remarks"),
        _of("author_id", "person.id", nullable=True),
        _at("made_at", stamped=True),
        sa.UniqueConstraint("incident_id", "version"),
    )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )
    op.execute(
        "INSERT INTO event_reader(name, horizon) SELECT 'incident reviews', max(txid) + 1 FROM event "
        "HAVING max(txid) > 0"
    )


def downgrade() -> None:
    """Take it back."""
    op.execute("DELETE FROM event_reader WHERE name = 'incident reviews'")
    for table in reversed(_KEPT):
        op.drop_table(table)
