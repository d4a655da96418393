"""Migrations, forward and back, from our own command line: ``ansu migrate``.

Two processes that start together don't both migrate: an advisory lock lets the second wait and find it done.
"""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from backend.core.database import sqlalchemy_url
from backend.core.settings import PROJECT_ROOT, settings

MIGRATIONS: Path = PROJECT_ROOT / "migrations"
_LOCK = 8470_0001


def run(argv: list[str]) -> int:
    """``ansu migrate [revision]``: go forward to the newest tables, or to a named revision (``-1``: one back)."""
    target = argv[0] if argv else "head"
    asyncio.run(migrate(settings().database_url, target))
    return 0


async def migrate(database_url: str, target: str = "head") -> None:
    """Bring the database at ``database_url`` to ``target``: a revision, ``head``, ``base`` or ``-1``."""
    await _with_connection(database_url, lambda connection: _migrate(connection, target))


async def differences(database_url: str) -> list[Any]:
    """What the tables in the code have that the database hasn't, or the reverse; empty when they agree."""
    return list(await _with_connection(database_url, _compare))


def heads() -> list[str]:
    """Newest revisions; more than one means that two migrations branch."""
    return list(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


async def _with_connection(database_url: str, work: Any) -> Any:
    engine = create_async_engine(sqlalchemy_url(database_url))
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, target: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    backwards = target == "base" or target.startswith("-")
    (command.downgrade if backwards else command.upgrade)(config, target)


def _compare(connection: Connection) -> list[Any]:
    from backend.core.schema import metadata

    context = MigrationContext.configure(
        connection,
        opts={"include_object": lambda _o, name, kind, *_: not (kind == "table" and str(name).startswith("reading_"))},
    )
    return list(compare_metadata(context, metadata))
