"""Where people are during an incident: what they agreed to, what their phones sent, how long it is kept, what was deleted.

Revision: 0024, after 0023.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEVER_CHANGED = ("incident_sending_consent", "incident_position_erasure")


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=False)


def _at(name: str, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=stamp)


def _degrees(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Float(), nullable=True) for name in names]


def _flags(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "incident_sending_consent",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("person_id", "person.id"),
        *_flags("given"),
        *_numbers("wording"),
    )
    op.create_index("incident_sending_consent_of", "incident_sending_consent", ["site_id", "person_id", "id"])
    op.create_table(
        "incident_position",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _of("person_id", "person.id"),
        _at("device_at"),
        _at("at"),
        _at("received_at", stamped=True),
        *_flags("on_site"),
        *_degrees("lat", "lon", "accuracy_m"),
        *_flags("vague", "jumped"),
        sa.UniqueConstraint("incident_id", "person_id", "device_at"),
        sa.CheckConstraint("on_site OR lat IS NULL", name="incident_position_off_site_has_no_place"),
    )
    op.create_index("incident_position_at", "incident_position", ["incident_id", "person_id", "at"])
    op.create_index("incident_position_of_person", "incident_position", ["site_id", "person_id", "at"])
    op.create_table(
        "incident_position_erasure",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        sa.Column("why", sa.String(), nullable=False),
        *_numbers("positions", "people"),
        _at("at", stamped=True),
    )
    op.create_index("incident_position_erasure_of", "incident_position_erasure", ["incident_id", "id"])
    op.create_table(
        "incident_position_rule",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_numbers("version", "keep_days"),
        *_degrees("lat", "lon", "radius_m"),
        _of("set_by", "person.id"),
        sa.UniqueConstraint("site_id", "version"),
        sa.CheckConstraint("num_nonnulls(lat, lon, radius_m) IN (0, 3)", name="incident_position_rule_whole_ground"),
    )
    for table in _NEVER_CHANGED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )
    op.execute(
        "CREATE TRIGGER incident_position_as_sent BEFORE UPDATE ON incident_position "
        "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
    )


def downgrade() -> None:
    """Undo it."""
    for table in (
        "incident_position_rule",
        "incident_position_erasure",
        "incident_position",
        "incident_sending_consent",
    ):
        op.drop_table(table)
