"""From a published reading to the alarm's frame on N phones, AnSu and Node-RED in turns, both storing before telling.

A reading over its limit is published with QoS 1; the time stops when the last of the phones has the frame. Each
alarm is a new one. ``python scripts/bench/latency.py [--phones 1 100] [--worker]``
"""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import paho.mqtt.client as paho
import uvloop
from paho.mqtt.enums import CallbackAPIVersion
from peer import ALARM_TOPIC, TABLES, NodeRed, installed
from phones import Phones
from stage import SITE, Stage, arguments, make_plant, report, stage

ALARMS_AT_MOST = 4000
WARM_UP = 20
TURN = 10
"""Alarms of one system before it is the other's turn."""
REST_S = 0.02
PATIENCE_S = 10.0

Publish = Callable[[str], None]


class Gateway:
    """Publishes breaches, for either system."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench")
        self._client.username_pw_set(parts.username, parts.password)
        self._client.connect(parts.hostname or "", parts.port or 0)
        self._client.loop_start()

    def to_ansu(self, code: str) -> None:
        """A breach of the point ``code`` as AnSu's gateways send it."""
        payload = json.dumps({"value": 150.0, "at": datetime.now(UTC).isoformat()})
        self._client.publish(f"ansu/{SITE}/gw/point/{code}", payload, qos=1)

    def to_node_red(self, code: str) -> None:
        """The same for the flow."""
        payload = json.dumps({"point": code, "value": 150.0, "at": datetime.now(UTC).isoformat()})
        self._client.publish(f"{ALARM_TOPIC}/{code}", payload, qos=1)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


async def once(phones: Phones, publish: Publish, code: str) -> float:
    """Milliseconds until every phone has the alarm of ``code``."""
    async with asyncio.timeout(PATIENCE_S):
        started = time.perf_counter()
        phones.expect(code)
        publish(code)
        arrived = await phones.all_have_it()
    await asyncio.sleep(REST_S)
    return (arrived - started) * 1000


async def measure(stage: Stage, token: str, count: int, seconds: float, codes: "list[str]") -> dict[str, Any]:
    """Both systems with ``count`` phones, for ``seconds``."""
    gateway = Gateway(stage.servers.broker.url)
    origin = stage.web_url
    ansu = await Phones.open(count, stage.web_port, "/ws", {"Cookie": f"ansu={token}", "Origin": origin})
    systems: dict[str, tuple[Phones, Publish]] = {"ansu": (ansu, gateway.to_ansu)}
    modules = installed()
    peer = NodeRed(stage, modules, flow="alarm") if modules else None
    if peer is not None:
        await peer.start()
        systems["node_red"] = (await Phones.open(count, peer.port, "/alarms", {}), gateway.to_node_red)
    try:
        for phones, publish in systems.values():
            for _ in range(WARM_UP):
                await once(phones, publish, codes.pop())
        times: dict[str, list[float]] = {name: [] for name in systems}
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and len(codes) > TURN * len(systems):
            for name, (phones, publish) in systems.items():
                times[name] += [await once(phones, publish, codes.pop()) for _ in range(TURN)]
    finally:
        for phones, _ in systems.values():
            phones.close()
        gateway.close()
        if peer is not None:
            peer.stop()
    figures: dict[str, Any] = {name: _figures(found) for name, found in times.items()}
    if "node_red" in figures:
        ours, theirs = figures["ansu"], figures["node_red"]
        figures["ratio"] = {key: round(ours[key] / theirs[key], 2) for key in ("p50_ms", "p99_ms")}
    return {"phones": count, **figures}


def _figures(found: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(found, n=100, method="inclusive")
    return {
        "alarms": len(found),
        "p50_ms": round(cuts[49], 2),
        "p99_ms": round(cuts[98], 2),
        "max_ms": round(max(found), 2),
    }


async def main() -> None:
    parser = arguments(__doc__ or "", seconds=30)
    parser.add_argument("--phones", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--worker", action="store_true", help="let the worker escalate and trace meanwhile")
    wanted = parser.parse_args()
    codes = [f"P{number:05}Q" for number in range(ALARMS_AT_MOST)]
    async with stage() as built:
        token = await make_plant(built.database_url, codes, {"H": {"value": 100.0}})
        connection = await asyncpg.connect(built.database_url)
        await connection.execute(TABLES)
        await connection.close()
        for name in ("web", "ingest", *(("worker",) if wanted.worker else ())):
            built.role(name)
        await built.web_ready()
        seconds = wanted.seconds / len(wanted.phones)
        results = [await measure(built, token, count, seconds, codes) for count in wanted.phones]
    report({"bench": "latency", "worker": wanted.worker, "results": results})


if __name__ == "__main__":
    uvloop.run(main())  # phones read side by side; ours read one after the other, and should do it fast
