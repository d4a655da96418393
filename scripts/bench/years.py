"""Heavy pages and the worker's rounds over one year of a plant and over three: ``python scripts/bench/years.py``.

For each length a fresh data folder with durable servers and the web role in ``--workers`` processes. Each page is asked
for by one connection alone: the first time, made anew (``first_ms``), then as it is kept (``alone_ms``; CPU of web and
PostgreSQL), and then by 32 at once. ``implied_ms`` is what 32 connections wait for on two cores with nothing else
running, from the CPU alone: 32 times what the busier of the two costs. ``ratio`` is three years to one, ``ratio_jobs``
that of the CPU of the worker's rounds.
``--years 1 3 --only incidents --work cleaning --connections 32 --scale 1``
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
from asking import Line, lines
from sqlalchemy import select, text
from sqlmodel import col
from stage import Stage, report, stage
from year_pages import IDS, JOBS, PAGES

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.core.clock import now
from backend.core.database import Database
from backend.embedded.child import Child
from backend.identity.alike import FRESH_S
from backend.identity.models import Person, Site
from backend.identity.sessions import open_session
from backend.identity.web import cookie_name
from backend.operations.decisions.making import find_out
from backend.operations.duty.keeping import keep_duty
from backend.operations.indicators.rolling import roll_up
from backend.telemetry.quality.models import QualityRound
from backend.telemetry.quality.rolling import roll_quality
from scripts.years.filling import Wanted, fill

SITE = "years"
ROLES = ("manager1", "leader1")
AT_ONCE = 32
"""Connections that ``implied_ms`` is for, whatever ``--connections`` really asks."""
FORBIDDEN = 403
ALONE_TIMES, TOGETHER_TIMES, WARM_TIMES = 5, 4, 5
"""So often each page is asked for, by one connection and by each of the many."""


@dataclass(frozen=True)
class Given:
    """What was asked for on the command line."""

    years: list[float]
    only: str
    connections: int
    scale: float
    roles: list[str]
    jobs: bool
    work: str
    workers: int


@dataclass(frozen=True)
class Plant:
    """A filled site: who asks, and what names in braces stand for."""

    site: int
    tokens: dict[str, str]
    ids: dict[str, int]


async def measure(years: float, given: Given) -> dict[str, Any]:
    """All of one length."""
    async with stage() as built:
        database = Database(built.database_url)
        started = time.monotonic()
        plant = await _filled(database, years, given.scale)
        found: dict[str, Any] = {"filled_s": round(time.monotonic() - started, 1), "pages": {}}
        child = built.role("web", ANSU_WEB_WORKERS=str(given.workers))
        await built.web_ready()
        for path in (one for one in PAGES if given.only in one):
            for who in given.roles:
                name = f"{who.rstrip('1')} {path}"
                one = await _page(built, child, plant, who, path, given)
                if one is None:
                    continue
                found["pages"][name] = one
                print(f"{years:g} years", name, found["pages"][name], file=sys.stderr, flush=True)
        found["web_mb"] = round(sum(one.memory_info().rss for one in (_web(child), *_web(child).children())) / 2**20)
        found["jobs"] = await _jobs(built, child, database, plant.site, given.work) if given.jobs else {}
        await database.close()
    return found


async def _filled(database: Database, years: float, scale: float) -> Plant:
    async with database.session() as session:
        await fill(session, Wanted(SITE, years, 1, now(), scale), lambda _: None)
    async with database.session() as session:
        await (await session.connection()).exec_driver_sql("ANALYZE")
        site = await session.scalar(select(col(Site.id)).where(col(Site.code) == SITE))
        assert site is not None
        await roll_up(session, site)
        await keep_duty(session)
        await find_out(session, site)
    await _counted(database, site)
    async with database.session() as session:
        await (await session.connection()).exec_driver_sql("ANALYZE")
        tokens = {}
        for who in ROLES:
            found = await session.scalars(select(Person).where(col(Person.account) == f"{SITE}-{who}"))
            tokens[who] = await open_session(session, person := found.one(), device="bench", address="")
        ids = {
            name: int(await session.scalar(text(f"SELECT max(id) - (max(id) - min(id)) / 3 FROM {table}")) or 0)
            for name, table in IDS.items()
        }
        return Plant(person.site_id, tokens, ids)


async def _counted(database: Database, site: int) -> None:
    """Let the worker count the hours of sources, a day a time, up to now."""
    while True:
        async with database.session() as session:
            await roll_quality(session, site)
            counted = await session.scalar(select(col(QualityRound.until)).where(col(QualityRound.site_id) == site))
        if counted is None or counted > now() - timedelta(hours=3):
            return


async def _page(built: Stage, child: Child, plant: Plant, who: str, path: str, given: Given) -> dict[str, float] | None:
    """None for a page that isn't for ``who``."""
    asked, cookie = path.format(**plant.ids), f"{cookie_name()}={plant.tokens[who]}"
    async with httpx.AsyncClient(base_url=built.web_url, headers={"Cookie": cookie}, timeout=120) as browser:
        if (await browser.get(asked)).status_code == FORBIDDEN:
            return None
    await asyncio.sleep(FRESH_S)
    async with lines(built.web_url, cookie, given.connections) as many:
        first = await many[0].ask(asked)
        before = _cpu(built, child)
        alone = [await many[0].ask(asked) for _ in range(ALONE_TIMES)]
        web, database = ((after - then) / ALONE_TIMES for after, then in zip(_cpu(built, child), before, strict=True))

        async def one_of_many(line: Line) -> list[float]:
            return [await line.ask(asked) for _ in range(TOGETHER_TIMES)]

        # Connections open with the first round, and on each PostgreSQL plans a statement anew the first five times.
        for _ in range(WARM_TIMES):
            await asyncio.gather(*(line.ask(asked) for line in many))
        together = [ms for each in await asyncio.gather(*map(one_of_many, many)) for ms in each]
    implied = AT_ONCE * max(web / min(given.workers, 2), (web + database) / 2)
    return {
        "first_ms": round(first, 1),
        "alone_ms": round(statistics.median(alone), 1),
        "web_cpu_ms": round(web, 1),
        "sql_cpu_ms": round(database, 1),
        "implied_ms": round(implied),
        "p50_ms": round(statistics.median(together)),
        "p95_ms": round(statistics.quantiles(together, n=20)[-1]),
    }


def _web(child: Child) -> psutil.Process:
    assert child.pid is not None
    return psutil.Process(child.pid)


def _cpu(built: Stage, child: Child) -> tuple[float, float]:
    """Milliseconds of CPU that the web process and all of PostgreSQL's have used."""
    postmaster = psutil.Process(int((built.folder.path / "postgres" / "postmaster.pid").read_text().split()[0]))
    return _spent([_web(child), *_web(child).children()]), _spent([postmaster, *postmaster.children(recursive=True)])


def _spent(processes: list[psutil.Process]) -> float:
    spent = 0.0
    for process in processes:
        # Nanoseconds of each thread: what psutil tells is in ticks of 10 ms.
        for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
            spent += int(thread.read_text().split()[0]) / 1e6
    return spent


async def _jobs(built: Stage, child: Child, database: Database, site: int, only: str) -> dict[str, dict[str, float]]:
    """Of each round the time by the clock, and the CPU of ours and the database: what other work doesn't change."""
    found = {}
    for name, work in JOBS.items():
        if only not in name:
            continue
        began, own, stored = time.perf_counter(), time.process_time(), _cpu(built, child)[1]
        async with database.session() as session:
            await work(session, site)
            await session.rollback()
        cpu = (time.process_time() - own) * 1000 + _cpu(built, child)[1] - stored
        found[name] = {"ms": round((time.perf_counter() - began) * 1000), "cpu_ms": round(cpu)}
        print(name, found[name], file=sys.stderr, flush=True)
    return found


def _ratios(shorter: dict[str, Any], longer: dict[str, Any], figure: str) -> dict[str, float]:
    return {name: round(one[figure] / max(shorter[name][figure], 1), 2) for name, one in longer.items()}


async def main() -> None:
    """Measure each length, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, nargs="+", default=[1, 3])
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--connections", type=int, default=AT_ONCE)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--roles", nargs="+", default=list(ROLES), help="accounts without the site's code")
    parser.add_argument("--work", default="", help="rounds of the worker whose name holds this")
    parser.add_argument("--workers", type=int, default=1, help="processes of the web role")
    parser.add_argument("--no-jobs", dest="jobs", action="store_false")
    given = Given(**vars(parser.parse_args()))
    found = {f"{years:g}": await measure(years, given) for years in given.years}
    first, last = (found[f"{years:g}"] for years in (given.years[0], given.years[-1]))
    ratios = {
        "ratio": _ratios(first["pages"], last["pages"], "alone_ms"),
        "ratio_jobs": _ratios(first["jobs"], last["jobs"], "cpu_ms"),
    }
    report({"bench": "years", "cores": os.cpu_count(), **found, **ratios})


if __name__ == "__main__":
    asyncio.run(main())
