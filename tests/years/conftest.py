"""A small site of three generated years, made once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from backend.core.database import Database
from scripts.years.filling import Wanted, fill

UNTIL = datetime(2026, 11, 27, 6, tzinfo=UTC)


def wanted(code: str) -> Wanted:
    """The same for every code but its name."""
    return Wanted(code, 3, 1, UNTIL, scale=0.01, read_points=200, read_days=3)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    async with one.session() as session:
        await fill(session, wanted("first"), lambda _: None)
    yield one
    await one.close()
