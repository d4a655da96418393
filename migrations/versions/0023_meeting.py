"""The review meeting: who comes, blind choices, 5-why in versions, decisions; what is closed stays as it is.

Revision: 0023, after 0022.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT = ("incident_meeting_choice", "incident_meeting_whys")
_PARTS = ("incident_meeting_attendee", *_KEPT, "incident_meeting_decision")
_LIVE = sa.text("state IN ('convened', 'opened')")

_FORBID = """
CREATE FUNCTION forbid_change_of_ended_meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('closed', 'called_off') THEN
        RAISE EXCEPTION 'meeting % is over: it is not changed', OLD.id;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""
_FORBID_PARTS = """
CREATE FUNCTION forbid_change_of_ended_meeting_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    meeting bigint := CASE TG_OP WHEN 'INSERT' THEN NEW.meeting_id ELSE OLD.meeting_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM incident_meeting WHERE id = meeting AND state IN ('closed', 'called_off')) THEN
        RAISE EXCEPTION 'meeting % is over: nothing of it is changed', meeting;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _at(name: str, nullable: bool = False, stamped: bool = False) -> sa.Column:
    stamp = sa.text("clock_timestamp()") if stamped else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=stamp)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _document(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(), nullable=False)


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "incident_meeting",
        _of("site_id", "site.id"),
        _key(),
        _of("incident_id", "incident.id"),
        _number("number"),
        *_words("state"),
        _at("at"),
        *_words("place"),
        _of("led_by", "person.id"),
        _at("convened_at", stamped=True),
        _document("basis"),
        _at("opened_at", nullable=True),
        _of("opened_by", "person.id", nullable=True),
        *_words("cause", "cause_title", "cause_title_en", "reason"),
        _of("confirmed_by", "person.id", nullable=True),
        _at("confirmed_at", nullable=True),
        *_words("minutes"),
        _at("ended_at", nullable=True),
        _of("ended_by", "person.id", nullable=True),
        *_words("why_off"),
        _number("version"),
        sa.UniqueConstraint("incident_id", "number"),
    )
    op.create_index("incident_meeting_live", "incident_meeting", ["incident_id"], unique=True, postgresql_where=_LIVE)
    op.create_index("incident_meeting_now", "incident_meeting", ["site_id"], postgresql_where=_LIVE)
    op.create_table(
        "incident_meeting_attendee",
        _of("site_id", "site.id"),
        _key(),
        _of("meeting_id", "incident_meeting.id"),
        _of("person_id", "person.id"),
        sa.Column("present", sa.Boolean(), nullable=True),
        _of("marked_by", "person.id", nullable=True),
        sa.UniqueConstraint("meeting_id", "person_id"),
    )
    op.create_index("incident_meeting_attendee_person", "incident_meeting_attendee", ["site_id", "person_id"])
    op.create_table(
        "incident_meeting_choice",
        _of("site_id", "site.id"),
        _key(),
        _of("meeting_id", "incident_meeting.id"),
        _of("person_id", "person.id"),
        *_words("cause", "words"),
        sa.Column("saw_ranking", sa.Boolean(), nullable=False),
        _at("at"),
        _at("received_at", stamped=True),
        sa.UniqueConstraint("meeting_id", "person_id"),
    )
    op.create_table(
        "incident_meeting_whys",
        _of("site_id", "site.id"),
        _key(),
        _of("meeting_id", "incident_meeting.id"),
        _number("version"),
        _document("lines"),
        *_words("factor"),
        _of("author_id", "person.id"),
        _at("made_at", stamped=True),
        sa.UniqueConstraint("meeting_id", "version"),
    )
    op.create_table(
        "incident_meeting_decision",
        _of("site_id", "site.id"),
        _at("created_at", stamped=True),
        _key(),
        _of("meeting_id", "incident_meeting.id"),
        *_words("words", "kind"),
        _of("owner_id", "person.id"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _of("added_by", "person.id"),
        _of("rectification_id", "rectification.id", nullable=True),
    )
    op.create_index("incident_meeting_decision_of", "incident_meeting_decision", ["meeting_id", "id"])
    op.create_index("incident_meeting_decision_landed", "incident_meeting_decision", ["site_id", "rectification_id"])
    op.execute(_FORBID)
    op.execute(_FORBID_PARTS)
    op.execute(
        "CREATE TRIGGER incident_meeting_ended BEFORE UPDATE OR DELETE ON incident_meeting "
        "FOR EACH ROW EXECUTE FUNCTION forbid_change_of_ended_meeting()"
    )
    for table in _PARTS:
        op.execute(
            f"CREATE TRIGGER {table}_ended BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION forbid_change_of_ended_meeting_part()"
        )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )


def downgrade() -> None:
    """Take it back."""
    for table in reversed(_PARTS):
        op.drop_table(table)
    op.drop_table("incident_meeting")
    op.execute("DROP FUNCTION forbid_change_of_ended_meeting_part()")
    op.execute("DROP FUNCTION forbid_change_of_ended_meeting()")
