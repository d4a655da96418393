"""Questions, their answers and leaders' checks keep what they say when they become one table, and when they go back."""

from sqlalchemy import text

from backend.core.migrate import migrate
from tests.migrations.test_migrations import fill_all, opened
from tests.migrations.test_migrations import url as url  # noqa: PLC0414  the fixture: an empty database

_BEFORE = """
WITH site AS (SELECT id AS site_id FROM site LIMIT 1), t AS (SELECT id AS trace_id FROM trace LIMIT 1),
p AS (SELECT id AS person_id FROM person LIMIT 1), e AS (SELECT id AS equipment_id FROM equipment LIMIT 1),
q AS (INSERT INTO trace_question(site_id, trace_id, question, equipment_id, text, text_en, gain, told)
    SELECT site_id, trace_id, 'equipment:' || equipment_id || '?valve.' || name, equipment_id, name, name, 0.5, '[]'
    FROM site, t, e, (VALUES ('waits'), ('done')) AS named(name)),
c AS (INSERT INTO trace_check(site_id, trace_id, node, asked_by, question, level, due_at, verdict, note)
    SELECT site_id, trace_id, 'equipment:' || equipment_id, person_id, 'look closely', '', now(), '', ''
    FROM site, t, p, e)
INSERT INTO trace_answer(site_id, trace_id, question, text, text_en, answer, note, person_id, at, effect)
SELECT site_id, trace_id, 'equipment:' || equipment_id || '?valve.done', 'done', 'done', answer, answer || '!',
    person_id, now() + make_interval(secs => n), '[{"key": "a"}]'
FROM site, t, p, e, (VALUES ('no', 1), ('yes', 2)) AS given(answer, n)
"""
_ONE = """
SELECT COALESCE(NULLIF(text, ''), words), answer, answered_at IS NULL, asked_by IS NULL, equipment_id IS NOT NULL
FROM trace_check ORDER BY 1, 2
"""
_TWO = [
    "SELECT text, gain, equipment_id IS NULL FROM trace_question ORDER BY text",
    "SELECT text, answer, note, effect::text FROM trace_answer ORDER BY at",
    "SELECT question, node, answered_at IS NULL FROM trace_check ORDER BY id",
]


async def rows(url: str, *statements: str) -> list[list[tuple[object, ...]]]:
    async with opened(url) as database, database.session() as session:
        return [[tuple(row) for row in await session.execute(text(one))] for one in statements]


async def back_to_two_tables(url: str) -> None:
    """Back to 0015, however many revisions have come since."""
    while not (await rows(url, "SELECT to_regclass('trace_question') IS NOT NULL"))[0][0][0]:
        await migrate(url, "-1")


async def test_what_was_asked_and_answered_is_the_same_afterwards(url: str) -> None:
    await migrate(url)
    await fill_all(url)
    async with opened(url) as database, database.session() as session:
        await session.execute(text("DELETE FROM trace_check"))
    await back_to_two_tables(url)
    async with opened(url) as database, database.session() as session:
        await session.execute(text(_BEFORE))
    before = await rows(url, *_TWO)
    await migrate(url, "0016")
    assert (await rows(url, _ONE))[0] == [
        ("done", "no", False, True, True),
        ("done", "yes", False, True, True),
        ("look closely", "", True, False, True),
        ("waits", "", True, True, True),
    ]
    await back_to_two_tables(url)
    assert await rows(url, *_TWO) == before
