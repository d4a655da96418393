"""Tells a database that is away from a statement it will never take."""

from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError

_AWAY = frozenset({"08", "25", "40", "53", "55", "57", "58"})
"""SQLSTATE classes of connection, transaction state, rollback, resources, locks, operator and system errors."""


def database_is_away(error: BaseException) -> bool:
    """Whether trying again later may help, without anything about the data being wrong."""
    return any(_is_away(one) for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, DBAPIError) and isinstance(error.orig, BaseException):
            yield error.orig
        error = error.__cause__


def _is_away(error: BaseException) -> bool:
    if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state[:2] in _AWAY
