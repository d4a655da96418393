"""One table for looks on site: a trace's questions with their answers move to where leaders' checks are.

Revision: 0016, after 0015.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_WORDS = ("question", "text", "text_en", "answer")
_NO_DOCUMENT = sa.text("'[]'::jsonb")

_PLACES = """
UPDATE trace_check c SET equipment_id = CASE
    WHEN c.node LIKE 'point:%' THEN (SELECT p.equipment_id FROM point p WHERE p.site_id = c.site_id
        AND 'point:' || p.id = c.node)
    ELSE (SELECT e.id FROM equipment e WHERE e.site_id = c.site_id AND 'equipment:' || e.id = c.node) END
"""

_ASKED = """
INSERT INTO trace_check(site_id, created_at, trace_id, node, equipment_id, post_id, words, question, text, text_en, gain,
    level, due_at, verdict, answer, note, effect)
SELECT q.site_id, q.created_at, q.trace_id, split_part(q.question, '?', 1), e.id, e.owner_post_id, '', q.question, q.text,
    q.text_en, q.gain, '', q.created_at + interval '30 minutes', '', '', '', '[]'::jsonb
FROM trace_question q LEFT JOIN equipment e ON e.id = q.equipment_id
WHERE NOT EXISTS (SELECT FROM trace_answer a WHERE a.trace_id = q.trace_id AND a.question = q.question) ORDER BY q.id
"""

_ANSWERED = """
INSERT INTO trace_check(site_id, created_at, trace_id, node, equipment_id, post_id, words, question, text, text_en, gain,
    level, due_at, answered_by, answered_at, captured_at, verdict, answer, note, effect)
SELECT a.site_id, COALESCE(q.created_at, a.created_at), a.trace_id, split_part(a.question, '?', 1), e.id,
    e.owner_post_id, '', a.question, a.text, a.text_en, COALESCE(q.gain, 0), '',
    COALESCE(q.created_at, a.created_at) + interval '30 minutes', a.person_id, a.created_at, a.at, '', a.answer, a.note,
    a.effect
FROM trace_answer a LEFT JOIN trace_question q ON q.trace_id = a.trace_id AND q.question = a.question
LEFT JOIN equipment e ON e.site_id = a.site_id AND 'equipment:' || e.id = split_part(a.question, '?', 1) ORDER BY a.id
"""

_QUESTIONS_BACK = """
INSERT INTO trace_question(site_id, created_at, trace_id, question, equipment_id, text, text_en, gain, told)
SELECT DISTINCT ON (c.trace_id, c.question) c.site_id, c.created_at, c.trace_id, c.question, c.equipment_id, c.text,
    c.text_en, c.gain, COALESCE((SELECT jsonb_agg(DISTINCT h.person_id) FROM post_holder h
        WHERE h.site_id = c.site_id AND h.post_id = c.post_id AND h.until IS NULL), '[]'::jsonb)
FROM trace_check c WHERE c.question <> '' ORDER BY c.trace_id, c.question, c.id
"""

_ANSWERS_BACK = """
INSERT INTO trace_answer(site_id, created_at, trace_id, question, text, text_en, answer, note, person_id, at, effect)
SELECT site_id, answered_at, trace_id, question, text, text_en, answer, note, answered_by,
    COALESCE(captured_at, answered_at), effect
FROM trace_check WHERE answer <> '' AND answered_by IS NOT NULL ORDER BY id
"""


def upgrade() -> None:
    """Make it so. A question that was answered several times becomes as many looks; what waits isn't reminded of."""
    op.alter_column("trace_check", "question", new_column_name="words")
    op.alter_column("trace_check", "asked_by", nullable=True)
    for name in _WORDS:
        op.add_column("trace_check", sa.Column(name, sa.String(), nullable=False, server_default=""))
        op.alter_column("trace_check", name, server_default=None)
    op.add_column("trace_check", sa.Column("gain", sa.Float(), nullable=False, server_default="0"))
    op.add_column("trace_check", sa.Column("effect", postgresql.JSONB(), nullable=False, server_default=_NO_DOCUMENT))
    for name in ("gain", "effect"):
        op.alter_column("trace_check", name, server_default=None)
    op.add_column("trace_check", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    place = sa.Column("equipment_id", sa.BigInteger(), sa.ForeignKey("equipment.id"), nullable=True)
    op.add_column("trace_check", place)
    for statement in (_PLACES, _ASKED, _ANSWERED):
        op.execute(statement)
    op.create_check_constraint("trace_check_wants_something", "trace_check", "question <> '' OR asked_by IS NOT NULL")
    open_question = sa.text("question <> '' AND answered_at IS NULL")
    op.create_index(
        "trace_check_asked_once", "trace_check", ["trace_id", "question"], unique=True, postgresql_where=open_question
    )
    to_remind = sa.text("remind_at IS NOT NULL")
    op.create_index("trace_check_remind", "trace_check", ["remind_at"], postgresql_where=to_remind)
    op.drop_table("trace_answer")
    op.drop_table("trace_question")


def downgrade() -> None:
    """Take it back. Photos of answers to questions are lost: they have no place there."""
    stamp = sa.text("clock_timestamp()")
    for name, *columns in (
        (
            "trace_question",
            sa.Column("equipment_id", sa.BigInteger(), sa.ForeignKey("equipment.id"), nullable=True),
            *(sa.Column(word, sa.String(), nullable=False) for word in ("question", "text", "text_en")),
            sa.Column("gain", sa.Float(), nullable=False),
            sa.Column("told", postgresql.JSONB(), nullable=False),
            sa.UniqueConstraint("trace_id", "question"),
        ),
        (
            "trace_answer",
            *(sa.Column(word, sa.String(), nullable=False) for word in (*_WORDS, "note")),
            sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=stamp),
            sa.Column("effect", postgresql.JSONB(), nullable=False),
        ),
    ):
        op.create_table(
            name,
            sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
            sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
            sa.Column("trace_id", sa.BigInteger(), sa.ForeignKey("trace.id", ondelete="CASCADE"), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=stamp),
            *columns,
        )
    op.create_index("trace_answer_of", "trace_answer", ["trace_id", "question", "at"])
    op.execute(_QUESTIONS_BACK)
    op.execute(_ANSWERS_BACK)
    op.drop_index("trace_check_remind", "trace_check")
    op.drop_index("trace_check_asked_once", "trace_check")
    op.drop_constraint("trace_check_wants_something", "trace_check")
    op.execute("DELETE FROM trace_check WHERE asked_by IS NULL")
    op.execute("UPDATE trace_check SET verdict = 'unsure' WHERE answered_at IS NOT NULL AND verdict = ''")
    for name in (*_WORDS, "gain", "effect", "remind_at", "equipment_id"):
        op.drop_column("trace_check", name)
    op.alter_column("trace_check", "asked_by", nullable=False)
    op.alter_column("trace_check", "words", new_column_name="question")
