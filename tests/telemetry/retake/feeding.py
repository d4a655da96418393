"""A site whose messages go through the ingest's own steps, without a broker; and taking in, as a worker does it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from backend.alarms.judge import AlarmJudge
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import due_jobs, run_job
from backend.identity.actor import Actor
from backend.identity.models import Role, Site
from backend.plant.models import PointStatus
from backend.telemetry.assembly import Incoming
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.ingest import Ingest
from backend.telemetry.mqtt import Broker
from backend.telemetry.retake import commands
from backend.telemetry.retake.models import RETAKE_JOB, RetakeRun
from backend.telemetry.retake.queries import Wish
from backend.telemetry.retake.working import take_in_again
from tests.factories import actor_for, make_person, make_point, make_site, unique

HANDLERS = {RETAKE_JOB: take_in_again}


@dataclass
class Plant:
    """A site with the points P1 and P2."""

    database: Database
    site: Site
    officer: Actor
    ingest: Ingest
    sent: int = field(default=0)

    def message(self, content: Any, end: str = "batch", received: int = 0, **fields: Any) -> Incoming:
        """One from the gateway ``gw``, received now or at ``received``."""
        self.sent += 1
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        received = received or from_datetime(now())
        known = {"mid": self.sent % 60_000 + 1, "qos": 1, **fields}
        return Incoming(f"ansu/{self.site.code}/gw/{end}", payload, received, **known)

    async def feed(self, *messages: Incoming) -> None:
        """One batch through the ingest: decoded, cleaned, judged, committed."""
        if messages:
            await self.ingest._process(messages)

    async def set(self, code: str, status: PointStatus) -> None:
        """Edit the point, and let the ingest know."""
        await self.execute("UPDATE point SET status = :status WHERE site_id = :site AND code = :code",
                           status=status, code=code)  # fmt: skip
        await self.ingest._load()

    async def execute(self, statement: str, **values: Any) -> None:
        """Do ``statement``, in which ``:site`` is this site."""
        async with self.database.session() as session:
            await session.execute(text(statement), {"site": self.site.id, **values})

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of ``statement``."""
        async with self.database.session() as session:
            found = await session.execute(text(statement), {"site": self.site.id, **values})
            return [tuple(row) for row in found]

    async def readings(self) -> list[tuple[Any, ...]]:
        """Code, moment, value, and quality but for BACKFILL."""
        return await self.rows(
            "SELECT p.code, r.at, r.value, r.quality & ~4 FROM reading r JOIN point p ON p.id = r.point_id"
            " WHERE r.site_id = :site ORDER BY 1, 2"
        )

    async def held(self) -> list[tuple[Any, ...]]:
        """Reason, code and values of what is held."""
        return await self.rows(
            "SELECT reason, code, sum(parts) FROM held_part WHERE site_id = :site GROUP BY 1, 2 ORDER BY 1, 2"
        )

    async def ask(self, wish: Wish | None = None) -> int:
        """Ask for a taking in; gives the run's id."""
        async with self.database.session() as session:
            return (await commands.ask(session, self.officer, wish or Wish())).id

    async def work(self) -> None:
        """Do what waits, as a worker does."""
        async with self.database.session() as session:
            jobs = await due_jobs(session)
        for job_id in jobs:
            await run_job(self.database, HANDLERS, job_id)

    async def take_in(self, wish: Wish | None = None) -> RetakeRun:
        """Ask, and have it done."""
        run_id = await self.ask(wish)
        await self.work()
        return await self.run(run_id)

    async def run(self, run_id: int) -> RetakeRun:
        """The run as it is now."""
        async with self.database.session() as session:
            return await session.get_one(RetakeRun, run_id)


async def make_plant(database: Database, *points: str) -> Plant:
    """A site whose ingest knows it, with ``points`` (P1 and P2 when none are named)."""
    async with database.session() as session:
        await session.execute(text("DELETE FROM job"))
        site = await make_site(session)
        for code in points or ("P1", "P2"):
            await make_point(session, site, code=code)
        officer = await actor_for(session, await make_person(session, site, Role.SAFETY_OFFICER))
    ingest = Ingest(database, Broker("mqtt://127.0.0.1:1", unique("ingest"), ["none/#"], "auto"), AlarmJudge())
    await ingest._load()
    return Plant(database, site, officer, ingest)


async def close(plants: Sequence[Plant]) -> None:
    """Let go of the ingests' own connections."""
    for plant in plants:
        plant.ingest._hang_up()
