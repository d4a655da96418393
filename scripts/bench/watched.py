"""What it costs that the database notes changes for the indicators (0033): ``python scripts/bench/watched.py``.

A thousand alarms raised one by one as ingest does, a thousand rows of alarms and of visits alone, in one statement and
in a thousand, with the triggers and without, in turns; each time rolled back. ``ratio`` is with to without, of the
medians. ``--rounds 5 --years 3 --scale 0.1``
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from stage import report, stage

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.alarms.commands.making import Occurrence
from backend.alarms.commands.raising import raise_alarm
from backend.alarms.models import Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from scripts.years.filling import Wanted, fill

WRITES = 1000
_TRIGGERS = (
    "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'indicator\\_%' AND NOT tgisinternal"
)
_SOME = "SELECT id FROM {table} WHERE site_id = :site ORDER BY id DESC LIMIT :writes"
_ONE = {
    "alarm": "UPDATE alarm SET judgement = 'true', judged_at = now() WHERE id = :id",
    "inspection_visit": "UPDATE inspection_visit SET state = 'made_up' WHERE id = :id",
}


async def raised(session: AsyncSession, site: int) -> None:
    """The whole of raising, one alarm after the other."""
    for number in range(WRITES):
        await raise_alarm(
            session,
            Occurrence(
                site_id=site,
                condition_key=f"bench:{number}",
                kind=RuleKind.THRESHOLD,
                level=Level.GENERAL,
                title="测",
                title_en="Measured",
                reading_at=now(),
            ),
        )


def by_one(table: str) -> Callable[[AsyncSession, int], Awaitable[None]]:
    """A statement a row."""

    async def write(session: AsyncSession, site: int) -> None:
        ids = await session.scalars(text(_SOME.format(table=table)), {"site": site, "writes": WRITES})
        for id_ in ids.all():
            await session.execute(text(_ONE[table]), {"id": id_})

    return write


def at_once(table: str) -> Callable[[AsyncSession, int], Awaitable[None]]:
    """A single statement for all."""

    async def write(session: AsyncSession, site: int) -> None:
        wanted = _ONE[table].replace("= :id", f"IN ({_SOME.format(table=table)})")
        await session.execute(text(wanted), {"site": site, "writes": WRITES})

    return write


WORKS = {
    "alarms raised": raised,
    "alarms judged, each": by_one("alarm"),
    "alarms judged, at once": at_once("alarm"),
    "visits made up, each": by_one("inspection_visit"),
    "visits made up, at once": at_once("inspection_visit"),
}


async def compare(database: Database, site: int, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds for a thousand writes, with and without."""
    found = {}
    for name, work in WORKS.items():
        took: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * rounds):
            took[turn % 2 == 0].append(await _once(database, site, work, watched=turn % 2 == 0))
        with_, without = (statistics.median(took[watched]) for watched in (True, False))
        found[name] = {
            "with_ms": round(with_),
            "without_ms": round(without),
            "ratio": round(with_ / without, 2),
            "least_ratio": round(min(took[True]) / min(took[False]), 2),
        }
        print(name, found[name], file=sys.stderr, flush=True)
    return found


async def _once(
    database: Database, site: int, work: Callable[[AsyncSession, int], Awaitable[Any]], *, watched: bool
) -> float:
    async with database.session() as session:
        if not watched:
            for trigger, table in (await session.execute(text(_TRIGGERS))).all():
                await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"))
        began = time.perf_counter()
        await work(session, site)
        took = (time.perf_counter() - began) * 1000
        await session.rollback()
    return took


async def main() -> None:
    """Fill a plant, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--scale", type=float, default=0.1)
    given = parser.parse_args()
    async with stage() as built:
        database = Database(built.database_url)
        async with database.session() as session:
            await fill(session, Wanted("watched", given.years, 1, now(), given.scale), lambda _: None)
            site = int(await session.scalar(text("SELECT max(id) FROM site WHERE code = 'watched'")) or 0)
        async with database.session() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")
        report({"bench": "watched", "writes": WRITES, "works": await compare(database, site, given.rounds)})
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
