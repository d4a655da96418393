"""Debian's Mosquitto (MQTT 5) as deploy/mosquitto sets it up: the shipped files, only port and paths are the test's."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.liveserver import ROOT, free_port

SHIPPED = ROOT / "deploy" / "mosquitto"
PASSWORDS = {"backend": "of-the-backend", "gateway": "of-the-gateway"}


class TestedBroker(NamedTuple):
    """A running broker as AnSu's ingest and as a gateway see it."""

    __test__ = False

    name: str
    url: str
    gateway_url: str
    protocol: str


class Mosquitto:
    """A broker process. Use as a context manager; ``kill`` and ``start`` stand for a crash."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="ansu-mosquitto-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def as_tested(self) -> TestedBroker:
        """How to reach it."""
        return TestedBroker("mosquitto", self._url("backend"), self._url("gateway"), "auto")

    def __enter__(self) -> "Mosquitto":
        self._configure()
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Run it until it answers. Raises RuntimeError with its log when it doesn't."""
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "-c", str(self._folder / "mosquitto.conf")], stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + 10
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mosquitto did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it, and only it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _configure(self) -> None:
        passwords = self._folder / "passwords"
        passwords.write_text("".join(f"{user}:{password}\n" for user, password in PASSWORDS.items()))
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
        shutil.copy(SHIPPED / "acl", self._folder / "acl")
        configuration = (SHIPPED / "mosquitto.conf").read_text()
        for shipped, here in (
            ("listener 1883", f"listener {self.port} 127.0.0.1"),
            ("/mosquitto/config/", f"{self._folder}/"),
            ("/mosquitto/data/", f"{self._folder}/"),
        ):
            assert shipped in configuration
            configuration = configuration.replace(shipped, here)
        if os.geteuid() == 0:
            configuration += "\nuser root\n"  # else it becomes a user who can't read the test's folder
        (self._folder / "mosquitto.conf").write_text(configuration)

    def _answers(self) -> bool:
        probe = paho.Client(CallbackAPIVersion.VERSION2)
        probe.username_pw_set("gateway", PASSWORDS["gateway"])
        try:
            return probe.connect("127.0.0.1", self.port) == paho.MQTT_ERR_SUCCESS
        except OSError:
            return False
        finally:
            probe.disconnect()

    def _url(self, user: str) -> str:
        return f"mqtt://{user}:{PASSWORDS[user]}@127.0.0.1:{self.port}"
