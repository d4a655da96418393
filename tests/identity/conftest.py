"""The module's database, the application on it, and a site of one's own."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.core.ratelimit import RateLimits
from backend.identity.models import Site
from tests.factories import make_site
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
def limits(redis_url: str) -> RateLimits:
    return RateLimits(redis_url)


@pytest.fixture
async def site(database: Database) -> Site:
    async with database.session() as session:
        return await make_site(session)
