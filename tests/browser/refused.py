"""Messages of a gateway that were refused and are held, with one taking in that is over."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person
from backend.telemetry.retake.models import HeldLoss, HeldMessage, HeldPart, RetakeRun
from tests.factories import made

_REFUSED = (
    (b'{"at": "2026-11-24T08:00:00Z", "values": {"TI-9": 41.5}}', "retired_point", "TI-9"),
    (b'{"ts": "noon", "values": {"TI-9": 42}}', "bad_time", ""),
)


async def refused_and_taken_in(database: Database) -> int:
    """Gives the id of the taking in, of which one value stayed refused."""
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        site, at = {"site_id": officer.site_id}, now() - timedelta(hours=3)
        for payload, reason, code in _REFUSED:
            message = HeldMessage(**site, received_at=at, topic="ansu/tep/gw-9/batch", source="gw-9", payload=payload)
            message.whole, message.size = True, 400
            await made(session, message)
            part = HeldPart(**site, held_id=message.id, reason=reason, code=code, source="gw-9", received_at=at)
            await made(session, part)
        await made(session, HeldLoss(**site, messages=1200, bytes=480_000, since=at, last_at=at))
        run = RetakeRun(**site, source="gw-9", asked_by=officer.id, total=3, looked_at=3, stored=2, refused=1)
        run.until_id, run.finished_at = message.id, now()
        return (await made(session, run)).id
