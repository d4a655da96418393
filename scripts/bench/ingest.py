"""Readings made durable, each second: AnSu with its rules, the bare Python chain, Node-RED, and a bare COPY.

The broker is filled while nobody listens; then one after the other empties it, in turns, each from its own
persistent session. ``python scripts/bench/ingest.py [--messages 20000]``
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import chain
import msgspec
import paho.mqtt.client as paho
import peer
from paho.mqtt.enums import CallbackAPIVersion
from stage import SITE, Stage, arguments, count_to, make_plant, report, stage

POINTS = 100
VALUES_A_BATCH = 50
COPY_ROWS = 5000
BARE_TOPIC = "bare"
_COUNTS = {
    "ansu": "SELECT sum(stored) FROM source WHERE code = 'gw'",
    "bare_chain": "SELECT count(*) FROM bare_reading",
    "node_red": "SELECT count(*) FROM nr_reading",
    "refused": "SELECT sum(rejected) FROM source WHERE code = 'gw'",
}
"""What tells how many values a system has made durable."""

Start = Callable[[], Awaitable[Callable[[], None]]]
"""Starts a system; gives what stops it."""


class Publisher:
    """Fills the broker."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
        self._client.username_pw_set(parts.username, parts.password)
        self._client.max_inflight_messages_set(500)
        self._client.connect(parts.hostname or "", parts.port or 0)
        self._client.loop_start()
        self._clock = datetime.now(UTC)

    def _moment(self) -> str:
        self._clock = max(datetime.now(UTC), self._clock + timedelta(microseconds=1))
        return self._clock.isoformat()

    def singles(self, topic: Callable[[str], str], count: int, codes: list[str], *, named: bool) -> None:
        """``count`` messages with a value each; ``named`` puts the point into the payload too."""
        for number in range(count):
            code = codes[number % len(codes)]
            content = {"value": 50.0 + number % 7, "at": self._moment()} | ({"point": code} if named else {})
            self._publish(topic(code), content, last=number == count - 1)

    def refused(self, topic: Callable[[str], str], count: int, codes: list[str]) -> None:
        """``count`` messages whose value is none, each another one: each is a rejection of its own, and held."""
        for number in range(count):
            content = {"value": True, "at": self._moment()}
            self._publish(topic(codes[number % len(codes)]), content, last=number == count - 1)

    def batches(self, topic: str, count: int, codes: list[str]) -> None:
        """``count`` messages with 50 values each."""
        for number in range(count):
            values = {code: 50.0 + number % 7 for code in codes[:VALUES_A_BATCH]}
            self._publish(topic, {"at": self._moment(), "values": values}, last=number == count - 1)

    def _publish(self, topic: str, content: dict[str, Any], *, last: bool) -> None:
        info = self._client.publish(topic, msgspec.json.encode(content), qos=1)
        if last or info.mid % 5000 == 0:  # paho itself keeps 65,535 at most
            info.wait_for_publish(120)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


class Bench:
    """One run."""

    def __init__(self, built: Stage, connection: asyncpg.Connection, codes: list[str], modules: Path | None) -> None:
        self._stage = built
        self._connection = connection
        self._codes = codes
        self._publisher = Publisher(built.servers.broker.url)
        self._starts: dict[str, Start] = {"refused": self._start_ansu}
        self.systems: dict[str, Start] = {"ansu": self._start_ansu, "bare_chain": self._start_chain}
        self._node_red = peer.NodeRed(built, modules, flow="reading") if modules else None
        if self._node_red is not None:
            self.systems["node_red"] = self._start_node_red

    async def open_sessions(self) -> None:
        """Let each system subscribe once, so that the broker keeps messages for it."""
        for start in self.systems.values():
            stop = await start()
            await asyncio.sleep(3)
            stop()

    async def singles(self, name: str, count: int) -> float:
        """Values a second of system ``name`` from messages of one value."""
        topics: dict[str, Callable[[str], str]] = {
            "ansu": lambda code: f"ansu/{SITE}/gw/point/{code}",
            "bare_chain": lambda code: f"{BARE_TOPIC}/{code}",
            "node_red": lambda code: f"{peer.READING_TOPIC}/{code}",
        }
        fill = self._publisher.singles
        await asyncio.to_thread(fill, topics[name], count, self._codes, named=name == "node_red")
        return await self._emptied(name, count)

    async def batches(self, name: str, count: int) -> float:
        """Values a second from messages of 50 values."""
        topic = {"ansu": f"ansu/{SITE}/gw/batch", "bare_chain": f"{BARE_TOPIC}/batch"}[name]
        await asyncio.to_thread(self._publisher.batches, topic, count, self._codes)
        return await self._emptied(name, count * VALUES_A_BATCH)

    async def refused(self, count: int) -> float:
        """Values a second that AnSu refuses and holds."""
        topic = f"ansu/{SITE}/gw/point/"
        await asyncio.to_thread(self._publisher.refused, lambda code: topic + code, count, self._codes)
        return await self._emptied("refused", count)

    async def copy(self, count: int) -> float:
        """Rows a second of nothing but COPY into an equal, empty partition, a transaction for each 5,000."""
        await self._connection.execute("DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE reading INCLUDING ALL)")
        moment = datetime.now(UTC)
        rows = [(1, n % POINTS, moment + timedelta(microseconds=n), 50.0, 0, moment) for n in range(count)]
        started = time.perf_counter()
        for first in range(0, count, COPY_ROWS):
            await self._connection.copy_records_to_table("copied", records=rows[first : first + COPY_ROWS])
        return count / (time.perf_counter() - started)

    def close(self) -> None:
        """Leave the broker."""
        self._publisher.close()

    async def _emptied(self, name: str, values: int) -> float:
        before = int(await self._connection.fetchval(_COUNTS[name]) or 0)
        stop = await (self.systems | self._starts)[name]()
        try:
            return await count_to(self._connection, f"SELECT ({_COUNTS[name]}) - {before}", values)
        finally:
            stop()

    async def _start_ansu(self) -> Callable[[], None]:
        child = self._stage.role("ingest")
        return lambda: child.stop(10)

    async def _start_chain(self) -> Callable[[], None]:
        argv = [sys.executable, chain.__file__, self._stage.servers.broker.url, self._stage.database_url, BARE_TOPIC]
        child = self._stage.program("chain", argv, {})
        return child.kill

    async def _start_node_red(self) -> Callable[[], None]:
        assert self._node_red is not None
        await self._node_red.start()
        return self._node_red.stop


async def main() -> None:
    parser = arguments(__doc__ or "", seconds=60)
    parser.add_argument("--messages", type=int, default=20_000, help="messages of one value a turn")
    parser.add_argument("--batches", type=int, default=4_000, help="messages of 50 values a turn")
    wanted = parser.parse_args()
    codes = [f"P{number:03}" for number in range(POINTS)]
    async with stage(broker_syncs=False) as built:
        await make_plant(built.database_url, codes, {"H": {"value": 1000.0}, "HH": {"value": 2000.0, "level": "major"}})
        connection = await asyncpg.connect(built.database_url)
        await connection.execute(peer.TABLES + chain.TABLES)
        bench = Bench(built, connection, codes, peer.installed())
        await bench.open_sessions()
        singles: dict[str, list[float]] = {name: [] for name in (*bench.systems, "copy")}
        batches: dict[str, list[float]] = {name: [] for name in ("ansu", "bare_chain", "copy")}
        refused: list[float] = []
        ends = time.monotonic() + wanted.seconds
        while not singles["copy"] or time.monotonic() < ends:
            for name in bench.systems:
                singles[name].append(await bench.singles(name, wanted.messages))
            singles["copy"].append(await bench.copy(wanted.messages))
            for name in ("ansu", "bare_chain"):
                batches[name].append(await bench.batches(name, wanted.batches))
            refused.append(await bench.refused(wanted.messages))
            batches["copy"].append(await bench.copy(wanted.batches * VALUES_A_BATCH))
        bench.close()
        await connection.close()
    report(
        {
            "bench": "ingest",
            "turns": len(singles["copy"]),
            "messages_of_one_value": _figures(singles),
            "messages_of_50_values": _figures(batches),
            "refused_messages": {
                "values_per_s": round(statistics.median(refused)),
                "to_good_ones": round(
                    statistics.median(r / g for r, g in zip(refused, singles["ansu"], strict=True)), 2
                ),
            },
        }
    )


def _figures(found: dict[str, list[float]]) -> dict[str, Any]:
    """Medians of values a second, and AnSu's ratio to each of the others, turn by turn."""
    ratios = {
        f"ansu_to_{name}": round(statistics.median(a / b for a, b in zip(found["ansu"], values, strict=True)), 2)
        for name, values in found.items()
        if name != "ansu"
    }
    return {
        "values_per_s": {name: round(statistics.median(values)) for name, values in found.items()},
        "ratios": ratios,
    }


if __name__ == "__main__":
    asyncio.run(main())
