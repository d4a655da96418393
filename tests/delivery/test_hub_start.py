"""A web role that has just started: phones may be back before it knows from where it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from backend.core.database import Database
from backend.core.events import present_cursor
from backend.delivery.hub import Hub
from backend.delivery.socket import router
from backend.embedded.ports import free_port
from tests.delivery.test_socket import happen, signed_in_phone
from tests.liveserver import LiveServer

TO_CATCH_UP_S = 0.3
"""Long enough for a phone that doesn't wait for the hub."""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@asynccontextmanager
async def sockets(database: Database, hub: Hub) -> AsyncIterator[LiveServer]:
    app = FastAPI()
    app.state.database, app.state.hub = database, hub
    app.include_router(router)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield LiveServer({}, port, Path())
    server.should_exit = True
    await serving


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - another task makes it true
            await asyncio.sleep(0.01)


async def test_what_happens_between_a_phones_return_and_the_hubs_start_is_told(database: Database) -> None:
    hub = Hub(database)
    async with sockets(database, hub) as server:
        phone, person = await signed_in_phone(database, server)
        async with database.session() as session:
            phone.cursor = str(await present_cursor(session))
        async with phone.awake() as line:
            await until(lambda: hub.open_phones == 1)
            await asyncio.sleep(TO_CATCH_UP_S)
            await happen(database, person.site_id, 1)
            telling = asyncio.create_task(hub.run())
            await asyncio.wait_for(hub.stands(), 10)
            await happen(database, person.site_id, 2)
            await phone.listen(line, until=2)
            telling.cancel()
    assert phone.got == [1, 2]
