"""Who had left before there was a column for it: the audit log knows since when."""

from sqlalchemy import text

from backend.core.migrate import migrate
from tests.migrations.test_looks_on_site import rows
from tests.migrations.test_migrations import fill_all, opened
from tests.migrations.test_migrations import url as url  # noqa: PLC0414  the fixture: an empty database

_LEFT = """
UPDATE person SET active = false;
INSERT INTO audit_entry(site_id, at, action, object_type, object_id, change, request_id, address)
SELECT p.site_id, a.at, a.action, 'person', p.id, '{}', '', '' FROM person p, (VALUES
    (timestamptz '2026-01-05 08:00+00', 'person.disable'), (timestamptz '2026-02-05 08:00+00', 'person.enable'),
    (timestamptz '2026-03-05 08:00+00', 'person.disable')) AS a(at, action)
"""


async def test_who_left_is_known_since_when_and_the_table_goes_back_with_its_rows(url: str) -> None:
    await migrate(url)
    await fill_all(url)
    await _back(url)
    async with opened(url) as database, database.session() as session:
        for statement in _LEFT.split(";"):
            await session.execute(text(statement))
    before = await rows(url, "SELECT count(*) FROM person")
    await migrate(url)
    left = await rows(url, "SELECT DISTINCT to_char(left_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM person")
    assert left[0] == [("2026-03-05 08:00",)]
    await _back(url)
    assert (await rows(url, "SELECT count(*) FROM person")) == before


async def _back(url: str) -> None:
    """Back to before the table was there, however many revisions have come since."""
    while (await rows(url, "SELECT to_regclass('person_day') IS NOT NULL"))[0][0][0]:
        await migrate(url, "-1")
