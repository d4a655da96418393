"""Tells a database that is away from a statement it will never take."""

import errno
import socket
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError

_AWAY = frozenset({"08", "25", "40", "53", "55", "57", "58"})
"""SQLSTATE classes of connection, transaction state, rollback, resources, locks, operator and system errors."""

_NO_WAY = frozenset({None, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})
"""None: several addresses were tried, each in vain."""


def database_is_away(error: BaseException) -> bool:
    """Whether trying again later may help, without anything about the data being wrong."""
    return any(_is_away(one) for one in _chain(error))


def connection_is_away(error: BaseException) -> bool:
    """``database_is_away`` where other things than the database fail too: of a file that is missing it isn't true."""
    return database_is_away(error) and not any(_is_of_files(one) for one in _chain(error))


def _is_of_files(error: BaseException) -> bool:
    if not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return False
    return error.filename is not None or error.errno not in _NO_WAY


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
