"""PostgreSQL: one engine a process, one session a request or job, committed once at its end.

Commands never commit. A session that works for a person carries ``info["site_id"]``: then every ORM
statement on a ``SiteScoped`` table is narrowed to that site, as a second wall behind ``visible``.
"""

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BigInteger, BindParameter, ColumnClause, TableClause, event, literal_column
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from backend.core.pooled import ask_the_rested
from backend.core.tables import SiteScoped

AfterCommit = Callable[[], None]
_COMPILED, _PREPARED = 2000, 250
"""Statements whose SQL a process keeps, and those that each connection has prepared: all pages need some thousand."""


def sqlalchemy_url(url: str) -> str:
    """``postgresql://…`` as SQLAlchemy wants it, with the asyncpg driver."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def asyncpg_url(url: str) -> str:
    """``postgresql://…`` as asyncpg wants it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


class Database:
    """The connection pool of one process."""

    def __init__(self, url: str, *, pool_size: int = 10, overflow: int = 10, ping: bool = True) -> None:
        """``overflow``: so many more than ``pool_size`` may be open, each closed after its use. ``ping`` asks a rested
        connection whether it lives before it is used; who tries again anyway needs it not."""
        self.url = asyncpg_url(url)
        self.engine: AsyncEngine = create_async_engine(
            f"{sqlalchemy_url(url)}{'&' if '?' in url else '?'}prepared_statement_cache_size={_PREPARED}",
            query_cache_size=_COMPILED,
            pool_size=pool_size,
            max_overflow=overflow,
            pool_use_lifo=True,  # the one used last has the statements prepared
            pool_recycle=1800,
            connect_args={"server_settings": {"timezone": "UTC", "jit": "off"}, "timeout": 10},
        )
        if ping:
            ask_the_rested(self.engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=True)

    @asynccontextmanager
    async def session(self, *, site_id: int | None = None) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that commits when the block ends and rolls back when it raises.

        ``site_id`` narrows every ORM statement on site-scoped tables to that site; None is for the
        system's own roles (ingest, worker), which serve all sites.
        """
        async with self._sessions() as session, session.begin():
            if site_id is not None:
                narrow_to_site(session, site_id)
            yield session

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def narrow_to_site(session: AsyncSession, site_id: int) -> None:
    """From now on ``session`` sees only this site's rows."""
    session.info["site_id"] = site_id


def after_commit(session: AsyncSession, action: AfterCommit) -> None:
    """Run ``action`` once ``session`` has committed; a rollback forgets it."""
    session.info.setdefault("after_commit", []).append(action)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    site_id = state.session.info.get("site_id")
    if site_id is None or not (state.is_select or state.is_update or state.is_delete):
        return
    state.statement = _narrowed(state.statement, site_id)


_narrowed_before: WeakKeyDictionary[Any, tuple[int, Any]] = WeakKeyDictionary()


def _narrowed(statement: Any, site_id: int) -> Any:
    """``statement`` for one site. One that is kept and sent again is narrowed once, and so keeps its cache key."""
    known = _narrowed_before.get(statement)
    if known is not None and known[0] == site_id:
        return known[1]
    narrowed = statement.options(*_narrowing(site_id, _tables_of(statement)))
    _narrowed_before[statement] = (site_id, narrowed)
    return narrowed


_LEAVES = (ColumnClause, BindParameter)
"""Most of what a statement is made of, and nothing is below them: a column's table is among its select's own."""


def _tables_of(statement: Any) -> frozenset[str]:
    """Names of all tables in ``statement``, those of subqueries, aliases and joins too. Each option costs time at every
    statement, and there are more than a hundred tables."""
    found: set[str] = set()
    waiting: list[Any] = [statement]
    while waiting:
        part = waiting.pop()
        if isinstance(part, TableClause):
            found.add(part.name)
        elif not isinstance(part, _LEAVES):
            waiting.extend(part.get_children())
    return frozenset(found)


@lru_cache(maxsize=4096)
def _narrowing(site_id: int, tables: frozenset[str]) -> tuple[Any, ...]:
    """One criterion for each of ``tables`` that is site-scoped: one on the mixin itself would ask it for a column that
    it doesn't have.

    A lambda, since only that is asked again for each alias of the table. The site is written out, which makes a
    statement for each: SQLAlchemy copies a parameter within a criterion and then compares the copies anew each time,
    a tenth of the CPU of a page.
    """
    here: Any = literal_column(str(int(site_id)), BigInteger)
    return tuple(
        with_loader_criteria(model, lambda table: table.site_id == here, include_aliases=True)
        for name, model in _site_scoped().items()
        if name in tables
    )


@lru_cache(maxsize=1)
def _site_scoped() -> dict[str, type[Any]]:
    importlib.import_module("backend.core.schema")  # so that no table is missed
    return {model.__tablename__: model for model in _site_scoped_tables(SiteScoped)}


def _site_scoped_tables(base: type[Any]) -> list[type[Any]]:
    below = [model for child in base.__subclasses__() for model in _site_scoped_tables(child)]
    return below + ([base] if hasattr(base, "__table__") else [])


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    actions: list[AfterCommit] = session.info.pop("after_commit", [])
    for action in actions:
        action()


@event.listens_for(Session, "after_rollback")
def _forget_after_commit(session: Session) -> None:
    session.info.pop("after_commit", None)


async def driver_connection(session: AsyncSession) -> Any:
    """The asyncpg connection of ``session``'s transaction, for binary COPY and bulk ``unnest``.

    SQLAlchemy sends BEGIN with its first own statement only: without one, what goes to the driver
    would commit by itself.
    """
    connection = await session.connection()
    pooled = await connection.get_raw_connection()
    driver: Any = pooled.driver_connection
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver
