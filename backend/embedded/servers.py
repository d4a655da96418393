"""The embedded set as a whole."""

from collections.abc import Collection
from pathlib import Path

from backend.embedded.addresses import Addresses
from backend.embedded.broker import Broker
from backend.embedded.folder import DataFolder
from backend.embedded.postgres import Postgres
from backend.embedded.server import Server
from backend.embedded.valkey import Valkey

ALL = frozenset({"postgres", "valkey", "broker"})


class EmbeddedServers:
    """PostgreSQL, Valkey and the MQTT broker in one open data folder. Use from the main thread."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        system_state: Path,
        mqtt_host: str = "127.0.0.1",
        mqtt_port: int = 1883,
        mqtt_sync_always: bool = True,
        which: Collection[str] = ALL,
        durable: bool = True,
    ) -> None:
        """``which`` of ``ALL`` are wanted; ``mqtt_port`` 0 means any free; ``durable`` False only in tests."""
        self.folder = folder
        self.postgres = Postgres(folder, system_state, durable=durable)
        self.valkey = Valkey(folder)
        self.broker = Broker(folder, mqtt_host, mqtt_port, sync_always=mqtt_sync_always)
        self._which = frozenset(which)

    @property
    def servers(self) -> list[Server]:
        """Those wanted, in the order in which they start."""
        every = {"postgres": self.postgres, "valkey": self.valkey, "broker": self.broker}
        return [server for name, server in every.items() if name in self._which]

    @property
    def addresses(self) -> Addresses:
        """Where they are, once started."""
        broker = "broker" in self._which
        return Addresses(
            database_url=self.postgres.url if "postgres" in self._which else "",
            redis_url=self.valkey.url if "valkey" in self._which else "",
            mqtt_url=self.broker.url if broker else "",
            gateway_mqtt_url=self.broker.gateway_url if broker else "",
            mqtt_monitor_url=self.broker.monitor_url if broker else "",
            mqtt_protocol="3.1.1" if broker else "auto",
        )

    def start(self) -> None:
        """Start all and wait until they serve. Raises a Refusal and leaves none running."""
        try:
            for server in self.servers:
                server.spawn()
            for server in self.servers:
                server.wait_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all, PostgreSQL last."""
        for server in reversed(self.servers):
            server.stop()

    def kill(self) -> None:
        """End all at once, as ``kill -9`` does."""
        for server in reversed(self.servers):
            server.kill()
