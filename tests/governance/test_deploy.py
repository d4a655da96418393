"""What docker compose ships: fresh secrets for those who need them, a broker on which a gateway can only publish."""

import asyncio
import re
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest

from backend.core.settings import Settings
from backend.governance.findings import Verdict
from backend.governance.probes import probe_broker
from tests.telemetry.mosquitto import Mosquitto, TestedBroker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def broker() -> Iterator[TestedBroker]:
    """Debian's Mosquitto with the files of deploy/mosquitto."""
    with Mosquitto() as running:
        yield running.as_tested


def client(url: str, name: str) -> aiomqtt.Client:
    parts = urlsplit(url)
    return aiomqtt.Client(
        parts.hostname or "",
        parts.port or 0,
        username=parts.username,
        password=parts.password,
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
    )


async def until_fence(client: aiomqtt.Client) -> AsyncIterator[aiomqtt.Message]:
    async for message in client.messages:
        if str(message.topic) == "fence":
            return
        yield message


def waiting(heard: aiomqtt.Client) -> list[str]:
    """Topics of the messages that have come so far."""
    return [str(heard._queue.get_nowait().topic) for _ in range(heard._queue.qsize())]


async def test_a_gateway_publishes_below_ansu_and_nowhere_else(broker: TestedBroker) -> None:
    async with client(broker.url, "all") as backend, client(broker.gateway_url, "g1") as gateway:
        await backend.subscribe("#", qos=1)
        for topic in ("other/topic", "ansu-receipts/tep/gateway-1", "ansu", "ansu/tep/gateway-1/batch"):
            await gateway.publish(topic, "1", qos=1)
        await backend.publish("fence", "1", qos=1)
        async with asyncio.timeout(5):
            heard = [str(message.topic) async for message in until_fence(backend)]
    # "ansu/#" means ansu itself too; nothing of ours listens there.
    assert heard == ["ansu", "ansu/tep/gateway-1/batch"]


async def test_a_gateway_hears_nothing_of_what_others_publish(broker: TestedBroker) -> None:
    async with client(broker.url, "talker") as backend, client(broker.gateway_url, "g2") as gateway:
        await gateway.subscribe([("#", 1), ("ansu/#", 1), ("$SYS/#", 1)])
        for topic in ("ansu/tep/gateway-1/batch", "elsewhere"):
            await backend.publish(topic, "secret", qos=1)
        # One connection keeps its order: what the broker had for the gateway came before this acknowledgement.
        await gateway.publish("ansu/tep/gateway-2/batch", "1", qos=1)
        assert waiting(gateway) == []


@pytest.mark.parametrize("who", ["", "gateway:guess@", "nobody:guess@"])
async def test_nobody_comes_in_without_the_right_password(broker: TestedBroker, who: str) -> None:
    parts = urlsplit(broker.url)
    with pytest.raises(aiomqtt.MqttError):
        async with client(f"mqtt://{who}{parts.hostname}:{parts.port}", "guest"):
            pass


async def test_the_doctor_reads_how_much_the_broker_holds(broker: TestedBroker) -> None:
    found = {finding.check: finding for finding in await probe_broker(Settings(mqtt_url=broker.url))}
    assert found["broker"].verdict is Verdict.OK
    assert isinstance(found["queue"].values["messages"], int)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder deploy/ of a fresh clone after make-secrets."""
    deploy = tmp_path / "deploy"
    shutil.copytree(ROOT / "deploy", deploy, ignore=shutil.ignore_patterns("secrets", "passwords"))
    subprocess.run([deploy / "make-secrets"], check=True, capture_output=True)
    return deploy


def test_every_secret_is_new_private_and_only_where_it_is_needed(secrets: Path) -> None:
    files = {path.name: path for path in (secrets / "secrets").iterdir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    words = {name: re.findall(r"[A-Za-z0-9]{24}", path.read_text()) for name, path in files.items()}
    assert {name: len(found) for name, found in words.items()} == {
        "postgres.env": 1,
        "valkey.env": 1,
        "ansu.env": 4,
        "address.env": 0,
        "gateway-password": 1,
    }
    assert set(words["postgres.env"] + words["valkey.env"]) < set(words["ansu.env"])
    assert not set(words["gateway-password"]) & set(words["ansu.env"])


def test_the_passwords_of_the_broker_are_hashed(secrets: Path) -> None:
    kept = (secrets / "mosquitto" / "passwords").read_text()
    assert re.findall(r"^(\w+):\$7\$", kept, re.MULTILINE) == ["backend", "gateway"]
    assert (secrets / "secrets" / "gateway-password").read_text().strip() not in kept


def test_secrets_are_never_overwritten(secrets: Path) -> None:
    before = (secrets / "secrets" / "ansu.env").read_text()
    subprocess.run([secrets / "make-secrets"], check=True, capture_output=True)
    assert (secrets / "secrets" / "ansu.env").read_text() == before


def test_what_compose_sets_are_settings_that_exist(secrets: Path) -> None:
    written = "".join(path.read_text() for path in (secrets / "secrets").glob("*.env"))
    named = set(re.findall(r"\bANSU_([A-Z_]+)", written + (ROOT / "docker-compose.yml").read_text()))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_file_compose_mounts_or_reads_is_there(secrets: Path) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    named = set(re.findall(r"(?:\./)?(deploy/[\w./-]+\w)", compose)) - {"deploy/make-secrets"}
    assert len(named) >= 6
    assert [name for name in sorted(named) if not (secrets.parent / name).exists()] == []


def test_the_image_holds_no_secret() -> None:
    kept_out = (ROOT / ".dockerignore").read_text().split()
    assert {"deploy", ".ansu", ".git"} <= set(kept_out)
