"""Working as of another moment: a demo's past is written by the commands that write the present.

Both clocks that stamp rows are held: ours (``core.clock.now``) and the database's ``ansu_now()``, the default of every
``moment(now=True)`` column, for the transaction alone. SQL that says ``now()`` itself goes on asking the true clock.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import holding

_HOLD = text("SELECT set_config('ansu.clock', :moment, true)")


@asynccontextmanager
async def as_of(session: AsyncSession, moment: datetime) -> AsyncIterator[None]:
    """What ``session`` writes within is stamped ``moment`` (with zone). Never around two transactions."""
    await session.execute(_HOLD, {"moment": moment.isoformat()})
    with holding(moment):
        yield
        await session.flush()
    await session.execute(_HOLD, {"moment": ""})
