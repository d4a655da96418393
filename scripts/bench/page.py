"""Requests a second and how long they take: the first page and the list of alarms, beside ``/healthz``, in turns.

One web process, 200 open alarms in floods of ten, a manager signed in. ``/healthz`` is what the framework alone
takes. ``python scripts/bench/page.py [--connections 32]``
"""

import asyncio
import statistics
import time
from typing import Any

from stage import Stage, arguments, make_plant, report, stage

from backend.alarms.commands import Occurrence, raise_alarm
from backend.alarms.models import Level, RuleKind
from backend.core.database import Database

PAGES = {"healthz": "/healthz", "home": "/", "alarms": "/alarms"}
ALARMS = 200
FLOOD = 10
TURN_S = 1.0
WARM_UP_S = 0.5


class Visitor:
    """One connection that asks for a page again and again."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = f"Host: 127.0.0.1:{port}\r\nCookie: ansu={token}\r\nAccept: text/html\r\n\r\n"

    async def look(self, path: str, seconds: float) -> list[float]:
        """Milliseconds of each answer. Raises RuntimeError for one that isn't 200."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        request = f"GET {path} HTTP/1.1\r\n{self._headers}".encode()
        times = []
        ends = time.perf_counter() + seconds
        while (started := time.perf_counter()) < ends:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if not head.startswith("http/1.1 200"):
                raise RuntimeError(head)
            await reader.readexactly(int(head.partition("content-length:")[2].split(maxsplit=1)[0]))
            times.append((time.perf_counter() - started) * 1000)
        writer.close()
        return times


async def fill(url: str, codes: list[str]) -> None:
    """Let 200 alarms be open, each on a point of its own."""
    database = Database(url)
    for number, code in enumerate(codes):
        async with database.session() as session:
            await raise_alarm(
                session,
                Occurrence(
                    site_id=1,
                    condition_key=f"bench:{number}",
                    kind=RuleKind.THRESHOLD,
                    level=list(Level)[number % len(Level)],
                    title=f"{code} 高报 150 kPa（限值 100）",
                    title_en=f"{code} high 150 kPa (limit 100)",
                    value=150.0,
                    limit_value=100.0,
                    point_id=number + 1,
                    equipment_id=1 if number % FLOOD else None,
                ),
            )
    await database.close()


async def measure(built: Stage, token: str, connections: int, seconds: float) -> dict[str, Any]:
    """All pages in turns until ``seconds`` are over."""
    visitors = [Visitor(built.web_port, token) for _ in range(connections)]
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    rates: dict[str, list[float]] = {name: [] for name in PAGES}
    for path in PAGES.values():
        await asyncio.gather(*(visitor.look(path, WARM_UP_S) for visitor in visitors))
    ends = time.monotonic() + seconds
    while not rates["alarms"] or time.monotonic() < ends:
        for name, path in PAGES.items():
            started = time.perf_counter()
            found = await asyncio.gather(*(visitor.look(path, TURN_S) for visitor in visitors))
            took = [each for one in found for each in one]
            times[name] += took
            rates[name].append(len(took) / (time.perf_counter() - started))
    return {
        name: {
            "requests_per_s": round(statistics.median(rates[name])),
            "p50_ms": round(statistics.median(times[name]), 1),
            "p95_ms": round(statistics.quantiles(times[name], n=20)[-1], 1),
            "rate_to_healthz": round(statistics.median(rates[name]) / statistics.median(rates["healthz"]), 3),
        }
        for name in PAGES
    }


async def main() -> None:
    parser = arguments(__doc__ or "", seconds=20)
    parser.add_argument("--connections", type=int, default=32)
    wanted = parser.parse_args()
    codes = [f"P{number:03}" for number in range(ALARMS)]
    async with stage() as built:
        token = await make_plant(built.database_url, codes, {"H": {"value": 100.0}})
        await fill(built.database_url, codes)
        built.role("web")
        await built.web_ready()
        pages = await measure(built, token, wanted.connections, wanted.seconds)
    report({"bench": "page", "connections": wanted.connections, "pages": pages})


if __name__ == "__main__":
    asyncio.run(main())
