"""The pack that comes with AnSu, and a database in which it is installed."""

from collections.abc import AsyncIterator

import pytest

from backend.core.database import Database
from backend.starter.pack import PACKS, Pack, read_pack


@pytest.fixture(scope="session")
def tep() -> Pack:
    """The Tennessee Eastman pack."""
    return read_pack(PACKS / "tep")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()
