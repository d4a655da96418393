"""The worker as a real process, killed at the worst moment: the other side has the message, nobody has noted it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.core.database import Database
from tests.channels.other_sides import OtherSide
from tests.channels.scene import Scene, set_scene
from tests.liveserver import ROOT


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_scene(database)


@contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "worker"],
            cwd=ROOT,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(side: OtherSide, count: int, log: Path) -> None:
    given_up = time.monotonic() + 60
    while len(side.got) < count:
        assert time.monotonic() < given_up, log.read_text()[-3000:]
        time.sleep(0.1)


async def test_a_worker_killed_before_it_noted_the_answer_sends_twice_at_most_and_loses_nothing(
    scene: Scene, side: OtherSide, mqtt_url: str, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    urls = {"ANSU_DATABASE_URL": database_url, "ANSU_REDIS_URL": redis_url, "ANSU_MQTT_URL": mqtt_url}
    environment = {**urls, "ANSU_WECOM_URL": side.url, "ANSU_PUBLIC_URL": "http://ansu.test"}
    log = tmp_path / "worker.log"
    await scene.channel()
    with worker(environment, log) as first:
        side.before = lambda _: os.kill(first.pid, signal.SIGKILL)
        (alarm,) = await scene.alarms(1, "major")
        until(side, 1, log)
        assert first.wait(10) == -signal.SIGKILL
    side.before = None
    async with scene.database.session() as session:  # the lease runs out
        await session.execute(
            text("UPDATE channel SET leased_until = now() - interval '1 second' WHERE id = :id AND lease <> ''"),
            {"id": scene.channel_id},
        )
    (later,) = await scene.alarms(1, "major")
    with worker(environment, log):
        until(side, 3, log)
        await asyncio.sleep(3)
    killed, again, news = (got.markdown for got in side.got)
    assert killed == again and f"/alarms/{alarm.id})" in again and f"/alarms/{later.id})" in news
    assert [(one.state, one.attempts) for one in await scene.messages()] == [("sent", 2), ("sent", 1)]
