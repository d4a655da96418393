"""Where the servers are: handed to the roles as environment, and to other terminals by ``run.json``."""

import contextlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from backend.core.settings import Settings
from backend.embedded.folder import is_running, write_private

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Addresses:
    """URLs as the settings of the same names want them; empty when there is no such server."""

    database_url: str = ""
    redis_url: str = ""
    mqtt_url: str = ""
    gateway_mqtt_url: str = ""
    """The broker for gateways: may publish readings only."""
    mqtt_monitor_url: str = ""
    """NATS monitoring of the embedded broker."""
    mqtt_protocol: str = "auto"
    web_url: str = ""
    """Where the web role answers on this machine."""
    public_url: str = ""
    """The address that phones open."""

    def environment(self) -> dict[str, str]:
        """``ANSU_*`` variables with which a role finds these servers."""
        wanted = ("database_url", "redis_url", "mqtt_url", "mqtt_monitor_url", "mqtt_protocol", "public_url")
        return {f"ANSU_{name.upper()}": value for name in wanted if (value := str(getattr(self, name)))}


def write_addresses(data_dir: Path, addresses: Addresses) -> None:
    """Note the addresses of a running ``ansu up`` for other terminals; only we can read them."""
    write_private(data_dir / RUN_FILE, json.dumps(asdict(addresses), indent=1))


def forget_addresses(data_dir: Path) -> None:
    """The servers are going down."""
    (data_dir / RUN_FILE).unlink(missing_ok=True)


def running_addresses(settings: Settings) -> Addresses | None:
    """Addresses of the ``ansu up`` that runs on ``settings.data_dir`` now; None when none does."""
    with contextlib.suppress(OSError, ValueError):
        noted = json.loads((settings.data_dir / RUN_FILE).read_text())
        if is_running(settings.data_dir.absolute()):
            known = {field.name for field in fields(Addresses)}
            return Addresses(**{name: str(value) for name, value in noted.items() if name in known})
    return None
