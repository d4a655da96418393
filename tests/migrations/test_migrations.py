"""Migrations go forward and back on a database with a row in every table, and end where the code's tables are."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from backend.core.database import Database
from backend.core.migrate import differences, heads, migrate
from backend.core.schema import metadata
from backend.embedded import EmbeddedServers
from backend.telemetry.partitions import ensure_partitions
from tests.migrations.filling import NOON, fill

ROOT = Path(__file__).resolve().parents[2]
_numbers = count(1)

LEFT_OVER = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relname NOT LIKE 'alembic_version%'
UNION ALL SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
UNION ALL SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = 'public' AND t.typname NOT LIKE '%alembic_version'
"""


@pytest.fixture
async def url(servers: EmbeddedServers) -> AsyncIterator[str]:
    """An empty database."""
    name = f"migrated_{next(_numbers)}"
    servers.postgres.query(f"CREATE DATABASE {name}")
    yield servers.postgres.url_of(name)
    servers.postgres.query(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, pool_size=1)
    yield database
    await database.close()


async def fill_all(url: str) -> dict[str, int]:
    """Put a row into every table; gives how many each has."""
    async with opened(url) as database, database.session() as session:
        await ensure_partitions(session, [NOON.date() + timedelta(days=n) for n in range(2)])
        await fill(session, metadata)
        rows = {t.name: select(func.count()).select_from(t) for t in metadata.sorted_tables}
        return {name: (await session.execute(statement)).scalar_one() for name, statement in rows.items()}


def test_there_is_one_newest_revision() -> None:
    assert len(heads()) == 1


async def test_the_migrations_end_where_the_tables_of_the_code_are(url: str) -> None:
    await migrate(url)
    assert await differences(url) == []


async def test_a_table_that_lacks_a_column_would_be_noticed(url: str) -> None:
    await migrate(url)
    async with opened(url) as database, database.session() as session:
        await session.execute(text("ALTER TABLE alarm DROP COLUMN title_en"))
    assert "title_en" in str(await differences(url))


async def test_all_the_way_back_and_forward_on_a_database_with_rows_in_every_table(url: str) -> None:
    await migrate(url)
    assert min((await fill_all(url)).values()) >= 1
    await migrate(url, "base")
    async with opened(url) as database, database.session() as session:
        assert list((await session.execute(text(LEFT_OVER))).scalars()) == []
    await migrate(url)
    assert await differences(url) == []
    assert min((await fill_all(url)).values()) >= 1


async def test_one_step_back_and_forward_on_a_database_with_rows_in_every_table(url: str) -> None:
    await migrate(url)
    await fill_all(url)
    await migrate(url, "-1")
    await migrate(url)
    assert await differences(url) == []


async def test_two_that_start_together_migrate_once(url: str) -> None:
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    assert await differences(url) == []


def test_the_check_of_the_build_agrees() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/checks/migrations.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
