"""The servers from wheels: what they have confirmed is there after kill -9, and only the right ones come in."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import asyncpg
import pytest
import redis

from backend.embedded import DataFolder, EmbeddedServers
from backend.embedded.postgres import DURABLE
from backend.embedded.refusals import FolderCopied, NotDurable, OtherVersion, PortTaken, ServerFailed
from tests.embedded.home import fresh_home, occupied_port


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with fresh_home() as path:
        yield path


@pytest.fixture(scope="module")
def durable(home: Path) -> Iterator[EmbeddedServers]:
    """Servers as ``ansu up`` runs them."""
    folder = DataFolder(home / "data")
    folder.open()
    servers = EmbeddedServers(folder, system_state=home / "state", mqtt_port=0)
    servers.start()
    yield servers
    servers.stop()
    folder.close()


@asynccontextmanager
async def mqtt(url: str, identifier: str, *, clean: bool = True) -> AsyncIterator[aiomqtt.Client]:
    parts = urlsplit(url)
    async with aiomqtt.Client(
        parts.hostname or "",
        parts.port or 0,
        username=parts.username,
        password=parts.password,
        identifier=identifier,
        clean_session=clean,
        protocol=aiomqtt.ProtocolVersion.V311,
    ) as client:
        yield client


async def topics_heard(client: aiomqtt.Client, count: int) -> list[str]:
    async with asyncio.timeout(5):
        messages = aiter(client.messages)
        return [str((await anext(messages)).topic) for _ in range(count)]


async def test_a_committed_row_is_there_after_postgresql_was_killed(durable: EmbeddedServers) -> None:
    connection = await asyncpg.connect(durable.addresses.database_url)
    await connection.execute("CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)")
    durable.postgres.kill()
    durable.postgres.start()
    connection = await asyncpg.connect(durable.addresses.database_url)
    assert await connection.fetchval("SELECT value FROM kept") == 7
    await connection.close()


async def test_postgresql_comes_back_though_a_busy_backend_outlived_it(durable: EmbeddedServers) -> None:
    connection = await asyncpg.connect(durable.addresses.database_url)
    busy = asyncio.create_task(connection.execute("SELECT sum(i) FROM generate_series(1, 1000000000) AS i"))
    await asyncio.sleep(0.1)
    durable.postgres.kill()
    durable.postgres.start()
    with pytest.raises((asyncpg.PostgresError, ConnectionError, asyncpg.InterfaceError)):
        await busy
    assert durable.postgres.query("SELECT 1").strip() == "1"


def test_a_written_key_is_there_after_valkey_was_killed(durable: EmbeddedServers) -> None:
    redis.Redis.from_url(durable.valkey.url).set("kept", "7")
    durable.valkey.kill()
    durable.valkey.start()
    assert redis.Redis.from_url(durable.valkey.url).get("kept") == b"7"


async def test_acknowledged_messages_reach_a_sleeping_session_after_the_broker_was_killed(
    durable: EmbeddedServers,
) -> None:
    async with mqtt(durable.broker.url, "sleeper", clean=False) as client:
        await client.subscribe("ansu/厂区/#", qos=1)
    sent = [f"ansu/厂区/{number}" for number in range(20)]
    async with mqtt(durable.broker.gateway_url, "gateway") as client:
        for topic in sent:
            await client.publish(topic, "1", qos=1)
    durable.broker.kill()
    durable.broker.start()
    async with mqtt(durable.broker.url, "sleeper", clean=False) as client:
        assert await topics_heard(client, len(sent)) == sent


async def test_a_gateway_can_neither_listen_to_readings_nor_publish_outside_its_topics(
    durable: EmbeddedServers,
) -> None:
    async with mqtt(durable.broker.url, "everything") as backend, mqtt(durable.broker.gateway_url, "spy") as gateway:
        await backend.subscribe("#", qos=1)
        granted = await gateway.subscribe("ansu/#", qos=1)
        assert [code if isinstance(code, int) else code.value for code in granted] == [0x80]
        await gateway.publish("other/topic", "1", qos=0)
        await gateway.publish("ansu/allowed", "1", qos=1)
        assert await topics_heard(backend, 1) == ["ansu/allowed"]


async def test_nobody_comes_in_without_password(durable: EmbeddedServers) -> None:
    wrong = durable.addresses.database_url.replace(durable.folder.secret("postgres"), "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=urlsplit(durable.valkey.url).port or 0).ping()
    with pytest.raises(aiomqtt.MqttError):
        async with mqtt(f"mqtt://backend:guess@127.0.0.1:{durable.broker.port}", "guest"):
            pass


def test_postgresql_runs_with_everything_on_that_survives_a_power_cut(durable: EmbeddedServers) -> None:
    assert [durable.postgres.query(f"SHOW {name}").strip() for name in DURABLE] == ["on"] * 3


def test_postgresql_that_could_forget_is_refused(home: Path) -> None:
    folder = DataFolder(home / "forgetful")
    folder.open()
    postgres = EmbeddedServers(folder, system_state=home / "state", which={"postgres"}).postgres
    postgres.start()
    postgres.query("ALTER ROLE ansu SET synchronous_commit = off")
    postgres.stop()
    with pytest.raises(NotDurable, match="synchronous_commit"):
        postgres.start()
    assert not postgres.alive
    folder.close()


def test_passwords_are_readable_by_their_owner_only(durable: EmbeddedServers) -> None:
    folder = durable.folder.path
    private = [*(folder / "secrets").iterdir(), *(folder / "run").iterdir(), folder / "VERSION"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_a_later_start_finds_the_same_ports_and_data(home: Path) -> None:
    folder = DataFolder(home / "again")
    addresses = []
    for _ in range(2):
        folder.open()
        servers = EmbeddedServers(folder, system_state=home / "state", mqtt_port=0)
        servers.start()
        servers.postgres.query("CREATE TABLE IF NOT EXISTS starts (); INSERT INTO starts DEFAULT VALUES")
        rows = servers.postgres.query("SELECT count(*) FROM starts").strip()
        addresses.append(servers.addresses)
        servers.stop()
        folder.close()
    assert addresses[0] == addresses[1]
    assert rows == "2"


def test_a_taken_mqtt_port_is_named_with_its_holder_and_its_setting(home: Path) -> None:
    folder = DataFolder(home / "taken")
    folder.open()
    with occupied_port() as port, pytest.raises(PortTaken) as refused:
        EmbeddedServers(folder, system_state=home / "state", mqtt_port=port, which={"broker"}).start()
    folder.close()
    assert all(word in str(refused.value) for word in (str(port), "ANSU_MQTT_PORT", f"pid {os.getpid()}", "占用"))


def test_a_database_of_another_major_version_is_refused(home: Path) -> None:
    folder = DataFolder(home / "older")
    folder.open()
    (folder.path / "postgres").mkdir()
    (folder.path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersion, match="17"):
        EmbeddedServers(folder, system_state=home / "state", which={"postgres"}).start()
    folder.close()


def test_a_server_that_does_not_come_up_is_told_with_its_reason(home: Path) -> None:
    folder = DataFolder(home / "broken")
    folder.open()
    servers = EmbeddedServers(folder, system_state=home / "state", which={"postgres"})
    servers.start()
    servers.stop()
    control = next(home.rglob("broken/**/pg_control"))
    control.write_bytes(b"\0" * control.stat().st_size)
    with pytest.raises(ServerFailed, match=r"PostgreSQL 未能启动：.*FATAL"):
        servers.start()
    assert not servers.postgres.alive
    folder.close()


def test_a_copied_folder_does_not_share_the_database_of_its_original(home: Path) -> None:
    """Only root on a closed folder keeps the database elsewhere; the pointer to it is what a copy brings along."""
    original, copy, state = DataFolder(home / "original"), DataFolder(home / "copy"), home / "kept-elsewhere"
    for folder in (original, copy):
        folder.open()
        (folder.path / "postgres.location").write_text(str(state))
    first = EmbeddedServers(original, system_state=home, which={"postgres"}).postgres
    second = EmbeddedServers(copy, system_state=home, which={"postgres"}).postgres
    first.home_elsewhere()
    with pytest.raises(FolderCopied, match="original"):
        second.home_elsewhere()
    original.close()
    copy.close()
