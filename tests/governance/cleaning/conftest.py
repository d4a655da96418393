"""The module's database, a plant of its own for each test, and the application on it."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from tests.incidents.scene import Scene, set_scene
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


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.session() as session:
        return await set_scene(session)
