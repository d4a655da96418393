"""Incidents: what broke out, its sources, its append-only log, the minutes before, and a site's rules for opening one.

Revision: 0018, after 0017.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LOGS = ("incident_disposal", "incident_disposal_photo")


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, nullable: bool = False, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def upgrade() -> None:
    """Make it so. What happened before opens nothing: the reader of outbreaks begins after the newest event."""
    op.create_table(
        "incident",
        _of("site_id", "site.id"),
        _key(),
        *_words("number", "state", "kind", "phase", "level", "title", "title_en"),
        _of("equipment_id", "equipment.id", nullable=True),
        _of("area_id", "area.id", nullable=True),
        _of("group_id", "alarm_group.id", nullable=True),
        _at("began_at"),
        _at("opened_at", stamped=True),
        _of("opened_by", "person.id", nullable=True),
        *_numbers("policy_version"),
        _at("last_source_at", stamped=True),
        _of("lead_id", "person.id", nullable=True),
        _at("contained_at", nullable=True),
        _of("contained_by", "person.id", nullable=True),
        _at("closed_at", nullable=True),
        _of("closed_by", "person.id", nullable=True),
        *_words("losses"),
        sa.Column("loss_yuan", sa.Numeric(14, 2), nullable=True),
        *_numbers("injured", "deaths", nullable=True),
        *_numbers("version"),
        sa.UniqueConstraint("site_id", "number"),
        sa.CheckConstraint("(closed_at IS NOT NULL) = (state IN ('closed', 'called_off'))", name="incident_ended_once"),
    )
    op.create_index("incident_recent", "incident", ["site_id", "id"])
    op.create_index(
        "incident_open",
        "incident",
        ["site_id", "state"],
        postgresql_where=sa.text("state IN ('open', 'contained')"),
    )
    op.create_index("incident_group", "incident", ["group_id"])
    op.create_index("incident_equipment", "incident", ["site_id", "equipment_id"])
    op.create_index("incident_area", "incident", ["site_id", "area_id"])
    op.create_table(
        "incident_source",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        *_words("kind"),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        _at("at"),
        _at("added_at", stamped=True),
        sa.UniqueConstraint("site_id", "kind", "source_id"),
    )
    op.create_index("incident_source_of", "incident_source", ["incident_id", "id"])
    op.create_table(
        "incident_disposal",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        *_words("kind"),
        _of("person_id", "person.id", nullable=True),
        *_words("words"),
        sa.Column("change", postgresql.JSONB(), nullable=False),
        *_words("voice_path"),
        _at("at"),
        _at("received_at", stamped=True),
    )
    op.create_index("incident_disposal_of", "incident_disposal", ["incident_id", "at", "id"])
    op.create_table(
        "incident_disposal_photo",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("disposal_id", "incident_disposal.id"),
        *_words("sha256", "path", "thumbnail_path"),
        *_numbers("width", "height", "bytes"),
    )
    op.create_index("incident_disposal_photo_of", "incident_disposal_photo", ["disposal_id", "id"])
    for table in _LOGS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )
    op.create_table(
        "incident_trend",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _of("point_id", "point.id"),
        *_words("nearness"),
        *_numbers("position"),
        _at("since"),
        _at("until"),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.UniqueConstraint("incident_id", "point_id"),
    )
    op.create_index("incident_trend_point", "incident_trend", ["point_id"])
    op.create_table(
        "incident_policy",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_numbers("version"),
        *_words("alarm_level"),
        *_numbers("flood_alarms", "flood_minutes"),
        sa.Column("major_hazards", sa.Boolean(), nullable=False),
        *_numbers("join_minutes"),
        _of("set_by", "person.id"),
        sa.UniqueConstraint("site_id", "version"),
    )
    op.execute(
        "INSERT INTO event_reader(name, horizon) SELECT 'incidents', max(txid) + 1 FROM event HAVING max(txid) > 0"
    )


def downgrade() -> None:
    """Take it back."""
    op.execute("DELETE FROM event_reader WHERE name = 'incidents'")
    for table in (
        "incident_policy",
        "incident_trend",
        "incident_disposal_photo",
        "incident_disposal",
        "incident_source",
        "incident",
    ):
        op.drop_table(table)
