"""The moments of a trace on real processes: first answer, refinements, what a person rules out, and the whole process.

A fault of the demo plant is replayed at a row a second. Seconds are counted from the last alarm of the flood, but for
``first_answer_ms``, which is from the first alarm's event to the trace's, and ``ruled_out_ms``, from a person's "not
this" to the next revision. ``python scripts/bench/moments.py [--fault 4]``
"""

import asyncio
import sys
import time
from typing import Any

import asyncpg
from sqlalchemy import select
from sqlmodel import col
from stage import Stage, arguments, report, stage

from backend.core.database import Database
from backend.core.doorbell import ArqDoorbell
from backend.core.jobs import hang_doorbell
from backend.identity.models import Person, Role
from backend.identity.sessions import actor_of, open_session
from backend.tracing.commands import dismiss_cause

_FIRST = """
SELECT extract(epoch FROM min(t.at) - min(a.at)) * 1000 FROM event a, event t
WHERE a.kind = 'alarm.raised' AND t.kind = 'trace.made' HAVING count(*) > 0
"""
_NOW = """
SELECT t.id, t.revision, t.result->'causes'->0->>'node' AS node,
    extract(epoch FROM t.made_at - (SELECT max(last_raised_at) FROM alarm a WHERE a.group_id = t.group_id)) AS after_s
FROM trace t ORDER BY t.id LIMIT 1
"""


async def measure(fault: int, seconds: float) -> dict[str, Any]:
    """Play ``fault`` and watch its trace for ``seconds``."""
    async with stage() as built:
        await _demo(built)
        for role in ("web", "ingest", "worker"):
            built.role(role)
        await built.web_ready()
        await asyncio.sleep(2)  # until the ingest has subscribed
        replay = ["replay", "tep", "--fault", str(fault), "--rate", "1", "--from-normal", "5"]
        built.program("replay", [sys.executable, "-m", "backend.cli", *replay], built.servers.addresses.environment())
        connection = await asyncpg.connect(built.database_url)
        try:
            revisions = await _watched(connection, seconds)
            first = float(await connection.fetchval(_FIRST))
            ruled_out = await _ruled_out(built, connection)
        finally:
            await connection.close()
    return {"fault": fault, "first_answer_ms": round(first), "revisions_after_s": revisions, "ruled_out_ms": ruled_out}


async def _demo(built: Stage) -> None:
    own = {"ANSU_DATA_DIR": str(built.folder.path)}
    environment = built.servers.addresses.environment() | own
    child = built.program("demo", [sys.executable, "-m", "backend.cli", "demo"], environment)
    while child.alive:  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.1)


async def _watched(connection: Any, seconds: float) -> list[float]:
    """When each revision was made, in seconds after the last alarm that it knew."""
    ends, seen = time.monotonic() + seconds, {}
    while time.monotonic() < ends:
        row = await connection.fetchrow(_NOW)
        if row is not None and row["revision"] not in seen:
            seen[row["revision"]] = round(float(row["after_s"]), 1)
        await asyncio.sleep(0.05)
    return list(seen.values())


async def _ruled_out(built: Stage, connection: Any) -> int:
    """Milliseconds from a leader's "not this" to the revision that knows of it."""
    database = Database(built.database_url)
    bell = ArqDoorbell(built.servers.addresses.redis_url)
    hang_doorbell(bell)
    before = await connection.fetchrow(_NOW)
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.role) == Role.LEADER).limit(1))).one()
        actor = await actor_of(session, await open_session(session, leader, device="bench", address=""))
        assert actor is not None
        await dismiss_cause(session, actor, before["id"], node=before["node"])
    began = time.perf_counter()
    while (await connection.fetchrow(_NOW))["revision"] == before["revision"]:  # noqa: ASYNC110 - another process writes
        await asyncio.sleep(0.01)
    took = (time.perf_counter() - began) * 1000
    await bell.close()
    await database.close()
    return round(took)


async def main() -> None:
    """Measure one fault."""
    parser = arguments(__doc__ or "", 90)
    parser.add_argument("--fault", type=int, default=4)
    wanted = parser.parse_args()
    report({"bench": "moments", **await measure(wanted.fault, wanted.seconds)})


if __name__ == "__main__":
    asyncio.run(main())
