"""The web role inside the test's own process, and people who are signed in to it.

async with running_app(database_url, redis_url) as app, signed_in(app, person) as browser:
    page = await browser.get("/alarms")
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col
from starlette.datastructures import State

from backend.core.database import Database
from backend.core.settings import settings
from backend.identity.models import LoginSession, Person
from backend.identity.sessions import open_session
from backend.identity.web import cookie_name

ORIGIN = "http://ansu.test"
_idle: list[FastAPI] = []


@asynccontextmanager
async def running_app(database_url: str, redis_url: str, **environment: str) -> AsyncIterator[FastAPI]:
    """The application with its lifespan, on the given servers; further ``ANSU_*`` settings by name."""
    wanted = {"ANSU_DATABASE_URL": database_url, "ANSU_REDIS_URL": redis_url, **environment}
    settings.cache_clear()
    try:
        with patch.dict(os.environ, wanted), _application() as app:
            async with app.router.lifespan_context(app):
                yield app
    finally:
        settings.cache_clear()


@contextmanager
def _application() -> Iterator[FastAPI]:
    """One that nobody runs now, as it was made: FastAPI takes half a second to lay out its routes."""
    from backend.app import create_app

    app = _idle.pop() if _idle else create_app()
    yield app
    app.state = State()
    _idle.append(app)


@asynccontextmanager
async def visitor(app: FastAPI, *, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a sign-in, asking from ``address``. Redirects aren't followed; cookies are kept."""
    transport = httpx.ASGITransport(app=app, client=(address, 40000))
    headers = {"Origin": ORIGIN, "Accept": "text/html,application/xhtml+xml", "Accept-Language": "zh-CN"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as browser:
        yield browser


@asynccontextmanager
async def signed_in(app: FastAPI, person: Person, *, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which ``person`` is signed in; sends the CSRF token with every request.

    A program is the same with ``headers={"Accept": "application/json"}``.
    """
    database: Database = app.state.database
    async with database.session() as session:
        token = await open_session(session, person, device="test", address=address)
        newest = select(LoginSession).where(col(LoginSession.person_id) == person.id)
        opened = (await session.scalars(newest.order_by(col(LoginSession.id).desc()))).first()
        assert opened is not None
    async with visitor(app, address=address) as browser:
        browser.cookies.set(cookie_name(), token)
        browser.headers["X-CSRF-Token"] = opened.csrf_token
        yield browser
