"""The web role in several processes: they serve over TLS, and leave the port when the one above them is killed."""

import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import psutil

from backend.embedded.ports import is_free
from backend.lan.authority import Authority, Names
from backend.lan.serving import tls_folder, trusting
from tests.embedded.running import ROOT
from tests.liveserver import free_port


@contextmanager
def web_role(data: Path, port: int, **environment: str) -> Iterator[psutil.Popen]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("ANSU_")}
    settings = {"ANSU_DATA_DIR": str(data), "ANSU_PORT": str(port), "ANSU_WEB_WORKERS": "2", **environment}
    with (data / "web.log").open("wb") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "backend.cli", "web"],
            env=known | {"PYTHONPATH": str(ROOT)} | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.is_running():
            process.kill()
        process.wait(10)


def until(holds: Callable[[], bool], seconds: float, said: Path) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.1)


def answers(url: str, context: ssl.SSLContext | None) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=5, context=context).status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_several_serve_over_tls_and_end_with_the_one_above_them(
    database_url: str, redis_url: str, mqtt_url: str, tmp_path: Path
) -> None:
    authority = Authority(tls_folder(tmp_path))
    authority.ensure(Names((ip_address("127.0.0.1"),)))
    port = free_port()
    given = {
        "ANSU_DATABASE_URL": database_url,
        "ANSU_REDIS_URL": redis_url,
        "ANSU_MQTT_URL": mqtt_url,
        "ANSU_PUBLIC_URL": f"https://127.0.0.1:{port}",
        "ANSU_TLS_CERTIFICATE": str(authority.server_file),
        "ANSU_TLS_KEY": str(authority.server_key_file),
    }
    said = tmp_path / "web.log"
    with web_role(tmp_path, port, **given) as role:
        until(lambda: answers(f"https://127.0.0.1:{port}/readyz", trusting(tmp_path)), 120, said)
        serving = [one for one in role.children() if "spawn_main" in " ".join(one.cmdline())]
        assert len(serving) == 2
        role.kill()
        role.wait(10)
        until(lambda: is_free(port, "127.0.0.1"), 15, said)
        until(lambda: not any(one.is_running() and one.status() != "zombie" for one in serving), 15, said)
