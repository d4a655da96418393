"""Maintenance plans with their versions; a maintenance record is one time at which it is due, or was done.

A record used to say when it was done and when the next was due. Now the next is a record of its own: those there are
become plans, each with what was done by it and with its next time; what was only due becomes a plan that is done once.

Revision: 0025, after 0024.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LOGS = ("maintenance_plan_version", "maintenance_photo")
_NEW_COLUMNS = (
    "plan_id",
    "post_id",
    "asked_on",
    "done_by",
    "recorded_at",
    "note",
    "dropped_on",
    "soon_told_on",
    "late_told_on",
)

_PLANS = """
INSERT INTO maintenance_plan(site_id, equipment_id, name, name_en, kind, interval_days, since, post_id, notice_days,
    asks_photo, active, version, sample)
SELECT DISTINCT ON (m.site_id, m.equipment_id, m.summary) m.site_id, m.equipment_id, m.summary, m.summary_en, 'service',
    m.due_on - m.done_on, m.done_on, q.owner_post_id, 7, false, true, 1, m.sample
FROM maintenance_record m JOIN equipment q ON q.id = m.equipment_id
WHERE m.due_on > m.done_on
ORDER BY m.site_id, m.equipment_id, m.summary, m.done_on DESC, m.id DESC
"""
_ONCE = """
INSERT INTO maintenance_plan(site_id, equipment_id, name, name_en, kind, interval_days, since, post_id, notice_days,
    asks_photo, active, version, sample)
SELECT DISTINCT ON (m.site_id, m.equipment_id, m.summary) m.site_id, m.equipment_id, m.summary, m.summary_en, 'service',
    NULL::integer, m.due_on, q.owner_post_id, 7, false, true, 1, m.sample
FROM maintenance_record m JOIN equipment q ON q.id = m.equipment_id
WHERE m.done_on IS NULL AND m.due_on IS NOT NULL AND NOT EXISTS (SELECT FROM maintenance_plan p
    WHERE p.site_id = m.site_id AND p.equipment_id = m.equipment_id AND p.name = m.summary)
ORDER BY m.site_id, m.equipment_id, m.summary, m.due_on DESC, m.id DESC
"""
_ASKED = """
UPDATE maintenance_record r SET plan_id = p.id, post_id = p.post_id FROM maintenance_plan p
WHERE p.interval_days IS NULL AND r.id = (SELECT max(m.id) FROM maintenance_record m WHERE m.site_id = p.site_id
    AND m.equipment_id = p.equipment_id AND m.summary = p.name AND m.due_on = p.since AND m.done_on IS NULL)
"""
_VERSIONS = """
INSERT INTO maintenance_plan_version(site_id, plan_id, number, terms, why, origin, origin_en, origin_url)
SELECT site_id, id, 1, jsonb_build_object('name', name, 'name_en', name_en, 'kind', kind, 'interval_days',
    interval_days, 'since', since, 'post_id', post_id, 'notice_days', notice_days, 'asks_photo', asks_photo, 'active',
    active), '', '', '', '' FROM maintenance_plan
"""
_OWNED = """
UPDATE maintenance_record r SET plan_id = p.id, post_id = p.post_id FROM maintenance_plan p
WHERE p.site_id = r.site_id AND p.equipment_id = r.equipment_id AND p.name = r.summary AND r.done_on IS NOT NULL
"""
_NEXT = """
INSERT INTO maintenance_record(site_id, equipment_id, plan_id, post_id, summary, summary_en, due_on, note, sample)
SELECT site_id, equipment_id, id, post_id, name, name_en, since + interval_days, '', sample FROM maintenance_plan WHERE interval_days IS NOT NULL
"""
_DUE_WHEN_IT_WAS = """
UPDATE maintenance_record r SET due_on = before.due_on FROM (
    SELECT id, lag(due_on) OVER (PARTITION BY site_id, equipment_id, summary ORDER BY done_on, id) AS due_on
    FROM maintenance_record WHERE done_on IS NOT NULL
) before WHERE before.id = r.id
"""
_KEPT = """
CREATE FUNCTION keep_done_maintenance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'maintenance_record %: what was done is never changed or deleted', OLD.id;
END $$
"""
_KEEPS = """
CREATE TRIGGER maintenance_record_kept BEFORE UPDATE OR DELETE ON maintenance_record
FOR EACH ROW WHEN (OLD.done_on IS NOT NULL) EXECUTE FUNCTION keep_done_maintenance()
"""
_DUE_NEXT = """
UPDATE maintenance_record r SET due_on = after.due_on FROM (
    SELECT id, lead(due_on) OVER (PARTITION BY site_id, equipment_id, summary ORDER BY done_on NULLS LAST, id) AS due_on
    FROM maintenance_record WHERE dropped_on IS NULL
) after WHERE after.id = r.id AND r.done_on IS NOT NULL
"""
_NO_NEXT = """
DELETE FROM maintenance_record r WHERE r.dropped_on IS NOT NULL OR (r.plan_id IS NOT NULL AND r.done_on IS NULL
    AND EXISTS (SELECT FROM maintenance_record d WHERE d.plan_id = r.plan_id AND d.done_on IS NOT NULL))
"""


def _key() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _of(name: str, target: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _stamp() -> sa.Column:
    now = sa.text("clock_timestamp()")
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now)


def _some(kind: sa.types.TypeEngine, *names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def upgrade() -> None:
    """Make it so."""
    op.create_table(
        "maintenance_plan",
        _of("site_id", "site.id"),
        _stamp(),
        _key(),
        _of("equipment_id", "equipment.id"),
        *_some(sa.String(), "name", "name_en", "kind"),
        *_some(sa.Integer(), "interval_days", nullable=True),
        *_some(sa.Date(), "since"),
        _of("post_id", "post.id", nullable=True),
        *_some(sa.Integer(), "notice_days"),
        *_some(sa.Boolean(), "asks_photo", "active"),
        *_some(sa.Integer(), "version"),
        *_some(sa.Boolean(), "sample"),
        sa.CheckConstraint("interval_days > 0", name="maintenance_plan_interval"),
    )
    op.create_index("maintenance_plan_equipment", "maintenance_plan", ["site_id", "equipment_id"])
    op.create_table(
        "maintenance_plan_version",
        _of("site_id", "site.id"),
        _stamp(),
        _key(),
        _of("plan_id", "maintenance_plan.id"),
        *_some(sa.Integer(), "number"),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        _of("made_by", "person.id", nullable=True),
        *_some(sa.String(), "why", "origin", "origin_en", "origin_url"),
        sa.UniqueConstraint("plan_id", "number"),
    )
    _extend_records()
    for statement in (_PLANS, _OWNED, _DUE_WHEN_IT_WAS, _NEXT, _ONCE, _ASKED, _VERSIONS, _KEPT, _KEEPS):
        op.execute(statement)
    op.create_table(
        "maintenance_photo",
        _of("site_id", "site.id"),
        _stamp(),
        _key(),
        _of("record_id", "maintenance_record.id"),
        _of("uploaded_by", "person.id"),
        *_some(sa.String(), "sha256", "path", "thumbnail_path"),
        *_some(sa.Integer(), "width", "height", "bytes"),
    )
    op.create_index("maintenance_photo_of", "maintenance_photo", ["record_id", "id"])
    for table in _LOGS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )


def _extend_records() -> None:
    for column in (
        _of("plan_id", "maintenance_plan.id", nullable=True),
        _of("post_id", "post.id", nullable=True),
        *_some(sa.Date(), "asked_on", nullable=True),
        _of("done_by", "person.id", nullable=True),
        *_some(sa.DateTime(timezone=True), "recorded_at", nullable=True),
        sa.Column("note", sa.String(), nullable=False, server_default=""),
        *_some(sa.Date(), "dropped_on", "soon_told_on", "late_told_on", nullable=True),
    ):
        op.add_column("maintenance_record", column)
    op.alter_column("maintenance_record", "note", server_default=None)
    to_do = "done_on IS NULL AND dropped_on IS NULL"
    op.create_index(
        "maintenance_record_open",
        "maintenance_record",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text(f"plan_id IS NOT NULL AND {to_do}"),
    )
    op.create_index("maintenance_record_done", "maintenance_record", ["plan_id", "done_on"])
    op.create_index("maintenance_record_due", "maintenance_record", ["due_on"], postgresql_where=sa.text(to_do))


def downgrade() -> None:
    """Take it back: a record says again when the next is due."""
    op.drop_table("maintenance_photo")
    op.execute("DROP TRIGGER maintenance_record_kept ON maintenance_record")
    op.execute("DROP FUNCTION keep_done_maintenance()")
    op.execute(_DUE_NEXT)
    op.execute(_NO_NEXT)
    for index in ("maintenance_record_due", "maintenance_record_done", "maintenance_record_open"):
        op.drop_index(index, table_name="maintenance_record")
    for column in _NEW_COLUMNS:
        op.drop_column("maintenance_record", column)
    op.drop_table("maintenance_plan_version")
    op.drop_table("maintenance_plan")
