"""The application on the module's own database."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from tests.webclient import running_app


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running
