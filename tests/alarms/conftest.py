"""The database of the module and a small plant in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Person, Role
from tests.alarms.setting import Setting, settle
from tests.webclient import running_app, signed_in


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=20)
    yield database
    await database.close()


@pytest.fixture
async def setting(database: Database) -> Setting:
    async with database.session() as session:
        return await settle(session)


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
async def browsers(
    app: FastAPI, database: Database, setting: Setting
) -> AsyncIterator[Callable[[Role], Awaitable[httpx.AsyncClient]]]:
    """Signed-in browsers of the setting's people, by role."""
    async with AsyncExitStack() as opened:

        async def browser(role: Role) -> httpx.AsyncClient:
            async with database.session() as session:
                person = await session.get_one(Person, setting.people[role])
            return await opened.enter_async_context(signed_in(app, person))

        yield browser
