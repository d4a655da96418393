"""Maintenance records become plans with what is due next, and say the same as before when they go back."""

from sqlalchemy import text

from backend.core.migrate import migrate
from tests.migrations.test_looks_on_site import rows
from tests.migrations.test_migrations import fill_all, opened
from tests.migrations.test_migrations import url as url  # noqa: PLC0414  the fixture: an empty database

_BEFORE = """
INSERT INTO maintenance_record(site_id, equipment_id, summary, summary_en, done_on, due_on, sample)
SELECT s.id, e.id, r.summary, '', CAST(r.done AS date), CAST(r.due AS date), false
FROM (SELECT id FROM site LIMIT 1) s, (SELECT id FROM equipment LIMIT 1) e, (VALUES
    ('seal', '2025-10-01', '2025-12-30'), ('seal', '2026-01-05', '2026-04-05'),
    ('asked', NULL, '2026-05-01'), ('once', '2026-02-02', NULL)) AS r(summary, done, due)
"""
_RECORDS = """
SELECT summary, done_on::text, due_on::text FROM maintenance_record WHERE summary <> 'word' ORDER BY summary, id
"""
_PLANS = """
SELECT p.name, p.interval_days, p.since::text, count(r.id), count(r.id) FILTER (WHERE r.done_on IS NULL)
FROM maintenance_plan p JOIN maintenance_record r ON r.plan_id = p.id WHERE p.name <> 'word'
GROUP BY p.id ORDER BY p.name
"""


async def test_records_are_the_plan_s_own_afterwards_and_the_same_when_they_go_back(url: str) -> None:
    await migrate(url)
    await fill_all(url)
    await _back(url)
    async with opened(url) as database, database.session() as session:
        await session.execute(text(_BEFORE))
    before = await rows(url, _RECORDS)
    await migrate(url)
    assert (await rows(url, _PLANS))[0] == [("asked", None, "2026-05-01", 1, 1), ("seal", 90, "2026-01-05", 3, 1)]
    assert (await rows(url, _RECORDS))[0] == [
        ("asked", None, "2026-05-01"),
        ("once", "2026-02-02", None),
        ("seal", "2025-10-01", None),
        ("seal", "2026-01-05", "2025-12-30"),
        ("seal", None, "2026-04-05"),
    ]
    await _back(url)
    assert await rows(url, _RECORDS) == before


async def _back(url: str) -> None:
    """Back to before there were plans, however many revisions have come since."""
    while (await rows(url, "SELECT to_regclass('maintenance_plan') IS NOT NULL"))[0][0][0]:
        await migrate(url, "-1")
