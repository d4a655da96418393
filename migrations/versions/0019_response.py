"""Responding to an incident: a site's own emergency plans in versions, the steps that were ticked, evacuations with
roll-calls, cordons.

Revision: 0019, after 0018.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LOGS = ("incident_plan_tick", "incident_roll_mark")


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, nullable: bool = False, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _document(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "incident_plan",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        *_words("kind"),
        _number("version"),
        _document("steps"),
        _of("made_by", "person.id"),
        sa.UniqueConstraint("site_id", "kind", "version"),
    )
    op.create_table(
        "incident_plan_tick",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _of("disposal_id", "incident_disposal.id"),
        *_words("step_key", "text", "text_en", "state"),
        _number("plan_version"),
        sa.UniqueConstraint("disposal_id"),
    )
    op.create_index("incident_plan_tick_of", "incident_plan_tick", ["incident_id", "id"])
    op.create_table(
        "incident_evacuation",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _document("area_ids"),
        _of("muster_area_id", "area.id", nullable=True),
        _number("visitors"),
        _of("ordered_by", "person.id"),
        _at("ordered_at"),
        _at("ended_at", nullable=True),
        _of("ended_by", "person.id", nullable=True),
        _document("missing_at_end"),
        _number("visitors_missing_at_end"),
    )
    going_on = sa.text("ended_at IS NULL")
    op.create_index("incident_evacuation_of", "incident_evacuation", ["incident_id", "id"])
    op.create_index(
        "incident_evacuation_open", "incident_evacuation", ["incident_id"], unique=True, postgresql_where=going_on
    )
    op.create_index("incident_evacuation_now", "incident_evacuation", ["site_id"], postgresql_where=going_on)
    op.create_table(
        "incident_roll_entry",
        _of("site_id", "site.id"),
        _key(),
        _of("evacuation_id", "incident_evacuation.id"),
        _of("person_id", "person.id"),
        *_words("why"),
        _at("seen_at", nullable=True),
        sa.UniqueConstraint("evacuation_id", "person_id"),
    )
    op.create_table(
        "incident_roll_mark",
        _of("site_id", "site.id"),
        _key(),
        _of("evacuation_id", "incident_evacuation.id"),
        _of("person_id", "person.id", nullable=True),
        *_words("state"),
        _number("visitors"),
        _number("visitors_safe"),
        _of("muster_area_id", "area.id", nullable=True),
        _of("marked_by", "person.id"),
        _at("at"),
        _at("received_at", stamped=True),
    )
    op.create_index("incident_roll_mark_of", "incident_roll_mark", ["evacuation_id", "id"])
    op.create_table(
        "incident_cordon",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        *_words("shape"),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("x", "y", "radius_m", "plan_width_m")),
        _document("polygon"),
        _of("set_by", "person.id"),
        _at("set_at"),
        _at("lifted_at", nullable=True),
        _of("lifted_by", "person.id", nullable=True),
    )
    op.create_index("incident_cordon_of", "incident_cordon", ["incident_id", "id"])
    op.create_index("incident_cordon_recent", "incident_cordon", ["site_id", "id"])
    for table in _LOGS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )


def downgrade() -> None:
    """Take it back."""
    for table in (
        "incident_cordon",
        "incident_roll_mark",
        "incident_roll_entry",
        "incident_evacuation",
        "incident_plan_tick",
        "incident_plan",
    ):
        op.drop_table(table)
