"""The canary: a value that goes round through broker, ingest and database, so that a dead line is seen.

The worker publishes it every few seconds; who watches asks how old the last one is.
"""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.permissions import system_query

CANARY_CODE = "_canary"
CANARY_NAME = "链路自检"
CANARY_NAME_EN = "Line self-check"
CANARY_SOURCE = "ansu-watchdog"


def topic(site_code: str) -> str:
    """Where the canary of a site is published."""
    return f"ansu/{site_code}/{CANARY_SOURCE}/point/{CANARY_CODE}"


def payload() -> bytes:
    """A canary of this moment."""
    moment = now()
    return msgspec.json.encode({"value": moment.timestamp() % 86_400, "at": moment.isoformat()})


@system_query("whether the line works is asked for every site")
async def canary_age(session: AsyncSession, site_id: int) -> float | None:
    """Seconds since the last canary of the site was stored; None when none ever was."""
    found = await session.execute(
        text(
            "SELECT EXTRACT(epoch FROM clock_timestamp() - s.received_at)::float FROM point_state s"
            " JOIN point p ON p.id = s.point_id WHERE p.site_id = :site_id AND p.code = :code"
        ),
        {"site_id": site_id, "code": CANARY_CODE},
    )
    age: float | None = found.scalar_one_or_none()
    return age
