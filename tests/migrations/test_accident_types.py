"""Incidents and reports of before have no accident type; going back loses it and nothing else."""

from sqlalchemy import text

from backend.core.migrate import migrate
from tests.migrations.test_looks_on_site import rows
from tests.migrations.test_migrations import fill_all, opened
from tests.migrations.test_migrations import url as url  # noqa: PLC0414  the fixture: an empty database

_TOLD = ("SELECT DISTINCT accident FROM incident", "SELECT DISTINCT accident FROM hazard_report")
_STANDS = (
    "SELECT EXISTS (SELECT FROM information_schema.columns WHERE (table_name, column_name) = ('incident', 'accident'))"
)
_COUNTED = ("SELECT count(*) FROM incident", "SELECT count(*) FROM hazard_report")


async def test_nobody_has_told_the_type_of_what_was_before_and_the_rows_stay(url: str) -> None:
    await migrate(url)
    await fill_all(url)
    async with opened(url) as database, database.session() as session:
        for table in ("incident", "hazard_report"):
            await session.execute(text(f"UPDATE {table} SET accident = 'fire'"))
    assert await rows(url, *_TOLD) == [[("fire",)], [("fire",)]]
    counted = await rows(url, *_COUNTED)
    while (await rows(url, _STANDS))[0][0][0]:  # however many revisions have come since
        await migrate(url, "-1")
    assert await rows(url, *_COUNTED) == counted
    await migrate(url)
    assert await rows(url, *_TOLD) == [[("",)], [("",)]]
    assert await rows(url, *_COUNTED) == counted
