"""Real servers for every test: PostgreSQL, Valkey and the MQTT broker, started once a session on free ports.

Each module gets a fresh database cloned from a migrated template, and an empty Valkey.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# Before any settings are read: no test may touch the data folder of the checkout.
os.environ["ANSU_DATA_DIR"] = tempfile.mkdtemp(prefix="ansu-test-files-")

from backend.core.clock import now
from backend.core.collecting import look_seldom, set_aside_what_stays
from backend.core.database import Database
from backend.core.migrate import migrate
from backend.embedded import DataFolder, EmbeddedServers
from backend.telemetry.partitions import ensure_partitions

look_seldom()  # looking for garbage among what collecting the tests makes was a quarter of it

# Speed is shown by scripts/bench; how long an example takes on a busy machine says nothing.
hypothesis_settings.register_profile("ansu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("ansu")

_TEMPLATE = "ansu_template"
_numbers = count(1)


def pytest_collection_finish() -> None:
    """Garbage is looked for as the roles do it, not among ten thousand tests and what they import."""
    set_aside_what_stays()


@pytest.fixture(scope="session", autouse=True)
def _files_removed() -> Iterator[None]:
    yield
    shutil.rmtree(os.environ["ANSU_DATA_DIR"], ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """The session's servers. PostgreSQL runs without fsync; tests of durability start their own."""
    # Not pytest's own folder: that one is closed to the user PostgreSQL runs as when root tests.
    home = Path(tempfile.mkdtemp(prefix="ansu-test-"))
    folder = DataFolder(home / "data")
    folder.open()
    running = EmbeddedServers(folder, system_state=home / "state", mqtt_port=0, durable=False)
    if os.geteuid() == 0:
        home.chmod(0o711)
    running.start()
    try:
        yield running
    finally:
        running.stop()
        folder.close()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def template(servers: EmbeddedServers) -> str:
    """Name of a migrated database that nobody is connected to."""
    servers.postgres.query(f"CREATE DATABASE {_TEMPLATE}")
    with ThreadPoolExecutor(1) as aside:  # asyncio.run would take the event loop of the async tests away
        aside.submit(asyncio.run, _prepared(servers.postgres.url_of(_TEMPLATE))).result()
    return _TEMPLATE


async def _prepared(url: str) -> None:
    """Migrated, with room for readings of the days around: a test may begin before midnight and end after it."""
    await migrate(url)
    database, today = Database(url, pool_size=1), now().date()
    async with database.session() as session:
        await ensure_partitions(session, [today + timedelta(days=ahead) for ahead in range(-2, 3)])
    await database.close()


@pytest.fixture(scope="module")
def database_url(servers: EmbeddedServers, template: str) -> Iterator[str]:
    """A fresh migrated database of the module's own; copying the files is cheaper than copying them through the log."""
    name = f"ansu_{next(_numbers)}"
    servers.postgres.query(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield servers.postgres.url_of(name)
    servers.postgres.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def redis_url(servers: EmbeddedServers) -> str:
    """The session's Valkey, emptied."""
    with redis.Redis.from_url(servers.valkey.url) as client:
        client.flushall()
    return servers.valkey.url


@pytest.fixture(scope="module")
def mqtt_url(servers: EmbeddedServers) -> str:
    """The session's broker (MQTT 3.1.1) as user ``backend``; sessions and retained messages stay between modules."""
    return servers.broker.url


@pytest.fixture(scope="module")
def gateway_mqtt_url(servers: EmbeddedServers) -> str:
    """The session's broker as user ``gateway``, who may only publish below ``ansu/``."""
    return servers.broker.gateway_url
