"""The database of the module, Debian's Mosquitto, and the two brokers that the ingest must serve alike."""

from collections.abc import AsyncIterator, Iterator

import pytest

from backend.core.database import Database
from tests.telemetry.mosquitto import Mosquitto, TestedBroker


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def mosquitto() -> Iterator[Mosquitto]:
    """Debian's Mosquitto with the configuration that AnSu ships for it."""
    with Mosquitto() as running:
        yield running


@pytest.fixture
def embedded_broker(mqtt_url: str, gateway_mqtt_url: str) -> TestedBroker:
    """The embedded broker: MQTT 3.1.1."""
    return TestedBroker("embedded", mqtt_url, gateway_mqtt_url, "auto")


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> TestedBroker:
    """Each broker in turn."""
    if request.param == "mosquitto":
        running: Mosquitto = request.getfixturevalue("mosquitto")
        return running.as_tested
    tested: TestedBroker = request.getfixturevalue("embedded_broker")
    return tested
