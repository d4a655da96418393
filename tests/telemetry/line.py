"""A plant whose gateway publishes to a real broker, and an ingest that serves it.

line = await lay_line(database, broker)
async with ingesting(line):
    await publish(line, ["…"])
    await line.account_of("gw", received=3)
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text

from backend.alarms.judge import AlarmJudge
from backend.core.database import Database
from backend.telemetry.ingest import Ingest
from backend.telemetry.judging import Judge
from backend.telemetry.mqtt import Broker
from tests.factories import make_point, make_site, unique
from tests.telemetry.mosquitto import TestedBroker

PATIENCE_S = 30.0
_Found = TypeVar("_Found")


@dataclass
class Line:
    """A site with the point P1, a broker, and the identity of the site's ingest."""

    database: Database
    broker: TestedBroker
    site_id: int
    site_code: str
    point_id: int
    client_id: str = field(default_factory=lambda: unique("ingest"))

    def topic(self, end: str, source: str = "gw") -> str:
        """``ansu/<site>/<source>/<end>``."""
        return f"ansu/{self.site_code}/{source}/{end}"

    @property
    def shard(self) -> Broker:
        """What the site's ingest connects to: this site's topics only, since tests share the broker."""
        topics = [f"ansu/{self.site_code}/#", f"ansu/no-{self.site_code}/#"]
        return Broker(self.broker.url, self.client_id, topics, self.broker.protocol)

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query in which ``:site`` is this site."""
        async with self.database.session() as session:
            found = await session.execute(text(statement), {"site": self.site_id, **values})
            return [tuple(row) for row in found]

    async def account(self, source: str = "gw") -> tuple[int, int, int, int]:
        """Received, stored, duplicate, rejected of ``source``."""
        found = await self.rows(
            "SELECT received, stored, duplicate, rejected FROM source WHERE site_id = :site AND code = :source",
            source=source,
        )
        return found[0] if found else (0, 0, 0, 0)  # type: ignore[return-value]

    async def received(self, count: int, source: str = "gw") -> tuple[int, int, int, int]:
        """The account of ``source`` once at least ``count`` values were received."""

        async def enough() -> tuple[int, int, int, int] | None:
            account = await self.account(source)
            return account if account[0] >= count else None

        return await eventually(enough, f"{count} values of {source}")

    async def readings(self, code: str = "P1") -> list[float]:
        """Stored values of the point ``code``, in order of time."""
        found = await self.rows(
            "SELECT r.value FROM reading r JOIN point p ON p.id = r.point_id"
            " WHERE p.site_id = :site AND p.code = :code ORDER BY r.at",
            code=code,
        )
        return [value for (value,) in found]

    async def refusals(self) -> list[tuple[str, str, int]]:
        """Reason, point and count of what was refused."""
        return await self.rows(  # type: ignore[return-value]
            "SELECT reason, point_code, count FROM rejection WHERE site_id = :site ORDER BY reason, point_code"
        )


async def lay_line(database: Database, broker: TestedBroker, *, code: str = "") -> Line:
    """Make the site with its point.

    Points of other tests lose their last value: an ingest that finds one stays away from the broker for seconds, for
    what its forerunner may have left unacknowledged there; the new site's has none.
    """
    async with database.session() as session:
        await session.execute(text("DELETE FROM point_state"))
        site = await make_site(session, code)
        point = await make_point(session, site, code="P1")
    return Line(database, broker, site.id, site.code, point.id)


@asynccontextmanager
async def ingesting(line: Line, judge: Judge | None = None, ingest: Ingest | None = None) -> AsyncIterator[Ingest]:
    """An ingest in the test's own process, subscribed when the block begins; stopped in order at its end."""
    serving = ingest or Ingest(line.database, line.shard, judge or AlarmJudge())
    stop = asyncio.Event()
    running = asyncio.create_task(serving.run(stop))
    try:
        await subscribed(line, running)
        yield serving
    finally:
        stop.set()
        await publish(line, [(line.topic("point/P0", unique("probe")), 0)])  # it would wait a second for a message
        await running


async def subscribed(line: Line, running: "asyncio.Task[None] | None" = None) -> None:
    """Wait until what is published arrives: an ingest's very first connection has no session to keep messages."""
    probe = unique("probe")
    tries = iter(range(10_000))

    async def arrived() -> bool:
        if running is not None and running.done():
            running.result()
        await publish(line, [(line.topic("point/P0", probe), next(tries))])
        await asyncio.sleep(0.05)
        return (await line.account(probe))[0] > 0

    await eventually(arrived, "the ingest's subscription")


async def eventually(look: Callable[[], Awaitable[_Found]], what: str, patience_s: float = PATIENCE_S) -> _Found:
    """What ``look`` finds, once it finds something. Raises AssertionError when it doesn't."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"waited {patience_s:g} s for {what}"
        await asyncio.sleep(0.02)
    return found


Message = tuple[str, Any]
"""Topic and content: bytes as they are, anything else as JSON."""


async def publish(line: Line, messages: Iterable[Message], *, qos: int = 1, retain: bool = False) -> None:
    """Publish like a gateway; returns when the broker has acknowledged all."""
    await asyncio.to_thread(_publish, line.broker.gateway_url, list(messages), qos, retain)


def _publish(url: str, messages: list[Message], qos: int, retain: bool) -> None:
    client = gateway(url)
    try:
        sent = [client.publish(topic, as_payload(content), qos, retain) for topic, content in messages]
        for info in sent:
            info.wait_for_publish(PATIENCE_S)
            assert info.is_published(), "the broker did not acknowledge"
    finally:
        client.disconnect()
        client.loop_stop()


def gateway(url: str) -> paho.Client:
    """A connected client with a thread of its own, MQTT 3.1.1."""
    parts = urlsplit(url)
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    client.username_pw_set(parts.username or "", parts.password)
    client.max_inflight_messages_set(100)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.loop_start()
    return client


def as_payload(content: Any) -> bytes:
    """``content`` as it travels."""
    return content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
