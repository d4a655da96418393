"""The module's database, and the application on it."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from tests.webclient import running_app


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running
