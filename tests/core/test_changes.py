"""What is kept in memory is read anew exactly when something was written."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from backend.core.changes import written
from backend.core.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO kept VALUES (3)",
        "UPDATE kept SET id = id",
        "DELETE FROM kept WHERE id = 1",
        "DELETE FROM kept WHERE id = 1; INSERT INTO kept VALUES (1)",
    ],
)
async def test_each_change_of_a_row_shows_and_looking_alone_does_not(database: Database, change: str) -> None:
    async with database.session() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS kept(id int)"))
        await session.execute(text("TRUNCATE kept"))
        await session.execute(text("INSERT INTO kept VALUES (1), (2)"))
    async with database.session() as session:
        before = await written(session, "site", "kept")
    async with database.session() as session:
        for statement in change.split(";"):
            await session.execute(text(statement))
    async with database.session() as session:
        after = await written(session, "site", "kept")
        assert await written(session, "kept") == after[2:]
        await session.execute(text("DROP TABLE kept"))
    assert after[2:] != before[2:]
