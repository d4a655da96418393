"""From an alarm to its first trace, on the demo plant of 52 points with recorded faults, each on a stage of its own.

``answer_ms``: from the alarm's event to the trace's, both stamped by the database. ``python scripts/bench/trace.py``
"""

import asyncio
import statistics
import sys
from typing import Any

import asyncpg
from stage import Stage, arguments, report, stage

_FIRST = """
SELECT extract(epoch FROM min(t.at) - min(a.at)) * 1000 AS answer_ms
FROM event a, event t WHERE a.kind = 'alarm.raised' AND t.kind = 'trace.made'
HAVING count(*) > 0
"""
ROWS_A_SECOND = 4
PATIENCE_S = 60.0


async def answer_ms(fault: int) -> float:
    """Milliseconds until the first trace of ``fault``. Raises TimeoutError when no alarm comes."""
    async with stage() as built:
        await _finishes(built, "demo", ["demo"])
        for role in ("web", "ingest", "worker"):
            built.role(role)
        await built.web_ready()
        await asyncio.sleep(2)  # until the ingest has subscribed
        replay = ["replay", "tep", "--fault", str(fault), "--rate", str(ROWS_A_SECOND), "--from-normal", "5"]
        built.program("replay", [sys.executable, "-m", "backend.cli", *replay], built.servers.addresses.environment())
        connection = await asyncpg.connect(built.database_url)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := await connection.fetchval(_FIRST)) is None:  # noqa: ASYNC110 - another process writes
                    await asyncio.sleep(0.2)
        finally:
            await connection.close()
        return float(found)


async def _finishes(built: Stage, name: str, arguments: list[str]) -> None:
    own = {"ANSU_DATA_DIR": str(built.folder.path)}
    environment = built.servers.addresses.environment() | own
    child = built.program(name, [sys.executable, "-m", "backend.cli", *arguments], environment)
    while child.alive:  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.1)


async def main() -> None:
    """Measure the faults one after another."""
    parser = arguments(__doc__ or "", 120)
    parser.add_argument("--faults", type=int, nargs="+", default=[1, 4, 6, 8, 13, 14])
    wanted = parser.parse_args()
    answers: dict[str, Any] = {str(fault): round(await answer_ms(fault)) for fault in wanted.faults}
    report({"bench": "trace", "points": 52, "answer_ms": answers, "median_ms": statistics.median(answers.values())})


if __name__ == "__main__":
    asyncio.run(main())
