"""The database of the module and a small plant in it."""

from collections.abc import AsyncIterator

import pytest

from backend.core.database import Database
from tests.alarms.setting import Setting, settle


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=20)
    yield database
    await database.close()


@pytest.fixture
async def setting(database: Database) -> Setting:
    async with database.session() as session:
        return await settle(session)
