"""Whether a connection of the pool still lives: seen at once by its closed socket, and asked only after a rest.

SQLAlchemy's own ``pool_pre_ping`` asks before each use, in a transaction of its own: two answers to wait for at every
request, a tenth of the CPU of a page that is kept. What a connection that lives can't tell, it said a moment ago.
"""

import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

RESTED_S = 5.0
"""A connection used less long ago is taken as it is, unless its socket has closed."""


def ask_the_rested(engine: AsyncEngine) -> None:
    """From now on ``engine`` opens its connections anew where one has died, before anything is sent over it."""
    pool, dialect = engine.sync_engine, engine.sync_engine.dialect

    @event.listens_for(pool, "checkin")
    def came_back(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def is_taken(connection: Any, record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        used = record.info.get("used")
        if used is not None and time.monotonic() - used > RESTED_S:
            try:
                dialect.do_ping(connection)
            except dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error
