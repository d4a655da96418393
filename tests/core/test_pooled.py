"""Connections that die in the pool: nobody's request fails of them, and one in use isn't asked each time."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from backend.core import pooled
from backend.core.database import Database


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[Database]:
    """A pool of two connections."""
    pool = Database(database_url, pool_size=2, overflow=0)
    yield pool
    await pool.close()


async def _servers(pool: Database) -> list[int]:
    """The servers' processes behind both connections."""
    async with pool.session() as one, pool.session() as other:
        return [await session.scalar(text("SELECT pg_backend_pid()")) or 0 for session in (one, other)]


async def _end(url: str, servers: list[int]) -> None:
    other = await asyncpg.connect(url)
    await other.fetch("SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) pid", servers)
    await other.close()


async def test_after_the_server_ended_all_connections_the_next_requests_are_answered(
    database_url: str, two: Database
) -> None:
    before = await _servers(two)
    await _end(database_url, before)
    await asyncio.sleep(0.1)
    assert not {*await _servers(two)} & {*before}


async def test_only_a_rested_connection_is_asked(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    dialect, asked = two.engine.sync_engine.dialect, []
    ask = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda connection: asked.append(connection) or ask(connection))
    await _servers(two)
    before = await _servers(two)
    assert not asked
    monkeypatch.setattr(pooled, "RESTED_S", 0.0)
    assert {*await _servers(two)} == {*before} and len(asked) == 2


async def test_one_that_died_unheard_is_found_when_asked(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that drops a connection closes no socket: only the answer that doesn't come tells."""
    before = await _servers(two)
    dead = True

    def silent(connection: object) -> None:
        nonlocal dead
        if dead:
            dead = False
            raise two.engine.sync_engine.dialect.loaded_dbapi.OperationalError("no answer")

    monkeypatch.setattr(two.engine.sync_engine.dialect, "do_ping", silent)
    monkeypatch.setattr(pooled, "RESTED_S", 0.0)
    assert not {*await _servers(two)} & {*before}, "all that are as old as the dead one are opened anew"
