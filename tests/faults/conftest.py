"""One line for all faults, with everything on that survives a power cut."""

from collections.abc import AsyncIterator

import pytest

from backend.core.database import Database
from tests.faults.line import Line, database_of, running_line


@pytest.fixture(scope="package")
async def line() -> AsyncIterator[Line]:
    """Durable servers and the three roles."""
    async with running_line() as running:
        yield running


@pytest.fixture(scope="package")
async def books(line: Line) -> AsyncIterator[Database]:
    """The line's database, as the driver reads it."""
    async with database_of(line) as database:
        yield database
