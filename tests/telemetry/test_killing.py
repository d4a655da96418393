"""``kill -9`` of the real ingest in mid-flow: what the broker acknowledged to the gateway is stored, once."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessageInfo

from backend.core.database import Database
from tests.liveserver import ROOT
from tests.telemetry.line import Line, as_payload, eventually, gateway, lay_line, publish, subscribed
from tests.telemetry.mosquitto import Mosquitto, TestedBroker

KILLS = 3
MESSAGES_BETWEEN = 300


@pytest.fixture
async def line(database: Database, broker: TestedBroker) -> Line:
    return await lay_line(database, broker)


class IngestProcess:
    """``ansu ingest`` for one line."""

    def __init__(self, line: Line, log: Path) -> None:
        self._log = log
        self._environment = {
            **os.environ,
            "ANSU_DATABASE_URL": line.database.url,
            "ANSU_MQTT_URL": line.broker.url,
            "ANSU_MQTT_PROTOCOL": line.broker.protocol,
            "ANSU_MQTT_TOPICS": ",".join(line.shard.topics),
            "ANSU_MQTT_CLIENT_ID": line.client_id,
            "PYTHONPATH": str(ROOT),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; what is published before its first subscription is lost."""
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "backend.cli", "ingest"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def end(self, how: int = signal.SIGKILL) -> int:
        """End it; gives its exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=20)

    @property
    def log(self) -> str:
        """What it said."""
        return self._log.read_text()


@pytest.fixture
def ingest(line: Line, tmp_path: Path) -> Iterator[IngestProcess]:
    process = IngestProcess(line, tmp_path / "ingest.log")
    process.start()
    yield process
    process.end()


class Flow:
    """A gateway that sends without pause and keeps a ledger of what the broker acknowledged."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stop = threading.Event()
        self._sent: list[MQTTMessageInfo] = []
        self.count = 0

    def run(self) -> None:
        """Send until stopped, then wait for all acknowledgements."""
        client = gateway(self._line.broker.gateway_url)
        while not self._stop.wait(0.01):
            for topic, content in self._three(self.count):
                self._sent.append(client.publish(topic, as_payload(content), qos=1))
            self.count += 1
        for info in self._sent:
            info.wait_for_publish(30)
        client.disconnect()
        client.loop_stop()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()

    @property
    def acknowledged(self) -> int:
        """Messages that the broker took over."""
        return sum(info.is_published() for info in self._sent)

    def _three(self, number: int) -> Iterator[tuple[str, Any]]:
        """A value with its device's time, one without, and one that is refused."""
        at = datetime.now(UTC) + timedelta(microseconds=number % 7)
        yield self._line.topic("point/P1"), {"value": float(number), "at": at.isoformat()}
        yield self._line.topic("point/P2"), float(number)
        yield self._line.topic("point/P3"), f'"{number}"'.encode()


@contextmanager
def flowing(line: Line) -> Iterator[Flow]:
    """A gateway that sends during the block; all is acknowledged to it at the end."""
    flow = Flow(line)
    thread = threading.Thread(target=flow.run)
    thread.start()
    try:
        yield flow
    finally:
        flow.stop()
        thread.join()


async def test_a_killed_ingest_loses_nothing_and_doubles_nothing(line: Line, ingest: IngestProcess) -> None:
    await subscribed(line)
    with flowing(line) as flow:
        for _ in range(KILLS):
            await line.received((await line.account())[0] + MESSAGES_BETWEEN)
            await asyncio.to_thread(ingest.end)
            ingest.start()
        await line.received((await line.account())[0] + MESSAGES_BETWEEN)
    sent = flow.count
    assert flow.acknowledged == 3 * sent

    async def all_there() -> bool:
        (stored,), (refused,) = await line.rows(
            "SELECT count(*) FROM reading r JOIN point p ON p.id = r.point_id"
            " WHERE p.site_id = :site AND p.code IN ('P1', 'P2')"
            " UNION ALL SELECT sum(count) FROM rejection WHERE site_id = :site"
        )
        return bool(stored >= 2 * sent and refused >= sent)

    await eventually(all_there, f"{sent} messages of each kind")
    assert await line.readings("P1") == [float(i) for i in range(sent)]
    assert sorted(await line.readings("P2")) == [float(i) for i in range(sent)]
    assert sum(count for _, _, count in await line.refusals()) == sent
    held = await line.rows("SELECT convert_from(payload, 'UTF8') FROM held_message WHERE site_id = :site")
    assert sorted(int(payload.strip('"')) for (payload,) in held) == list(range(sent)), "each refused one is held once"
    received, stored, duplicate, rejected = await line.account()
    assert (stored, rejected) == (2 * sent, sent)
    assert received == stored + duplicate + rejected


async def test_an_ingest_asked_to_stop_finishes_and_goes(line: Line, ingest: IngestProcess) -> None:
    await subscribed(line)
    with flowing(line) as flow:
        await line.received(MESSAGES_BETWEEN)
        assert await asyncio.to_thread(ingest.end, signal.SIGTERM) == 0
    assert "Traceback" not in ingest.log
    ingest.start()
    received, stored, duplicate, rejected = await line.received(3 * flow.count)
    assert received == stored + duplicate + rejected
    assert await line.readings("P1") == [float(i) for i in range(flow.count)]


async def test_an_ingest_finds_its_broker_again(database: Database, tmp_path: Path) -> None:
    with Mosquitto() as broker:
        line = await lay_line(database, broker.as_tested)
        ingest = IngestProcess(line, tmp_path / "ingest.log")
        ingest.start()
        try:
            await subscribed(line)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await subscribed(line)
            await publish(line, [(line.topic("point/P1"), 1.0)])
            assert await line.received(1) == (1, 1, 0, 0)
        finally:
            ingest.end()
