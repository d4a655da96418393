"""Node-RED as the peer: what a plant would wire together otherwise, storing before it tells.

It is installed once with npm into a cache folder (``BENCH_CACHE``, by default ~/.cache/ansu-bench) and started
by the bench with two flows: reading → threshold → insert → websocket, and reading → insert.
"""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stage import READY_PATIENCE_S, Stage

from backend.embedded.child import Child
from backend.embedded.ports import free_port

VERSIONS = ("node-red@4.1.15", "pg@8.23.1")
ALARM_TOPIC = "nr-alarm"
READING_TOPIC = "nr-reading"
_READY = ("Started flows", "Connected to broker")
TABLES = """
CREATE TABLE nr_alarm(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, point text, value float8, at timestamptz);
CREATE TABLE nr_reading(point text, at timestamptz, value float8, PRIMARY KEY (point, at));
"""
_STORE_ALARM = """
await global.get('pool').query(
    'INSERT INTO nr_alarm(point, value, at) VALUES ($1, $2, $3)',
    [msg.payload.point, msg.payload.value, msg.payload.at]);
msg.payload = JSON.stringify({kind: 'alarm', point: msg.payload.point, value: msg.payload.value});
return msg;
"""
_STORE_READING = """
await global.get('pool').query(
    'INSERT INTO nr_reading(point, at, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [msg.payload.point, msg.payload.at, msg.payload.value]);
"""


def installed() -> Path | None:
    """The folder with Node-RED; None where npm is missing or can't install it."""
    cache = Path(os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "ansu-bench")) / "node-red"
    if (cache / "node_modules" / "node-red").exists():
        return cache
    npm = shutil.which("npm")
    if npm is None:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--prefix", str(cache), "--no-audit", "--no-fund", *VERSIONS], capture_output=True, check=False
    )
    return cache if done.returncode == 0 else None


class NodeRed:
    """One running Node-RED on ``stage``."""

    def __init__(self, stage: Stage, modules: Path, *, flow: str) -> None:
        """``flow`` is ``alarm`` or ``reading``."""
        self._stage = stage
        self._modules = modules
        self._flow = flow
        self.port = free_port()
        self._child: Child | None = None

    async def start(self) -> None:
        """Start it and wait until it answers. Its MQTT session persists over restarts."""
        home = self._stage.home / f"node-red-{self._flow}"
        home.mkdir(exist_ok=True)
        (home / "flows.json").write_text(json.dumps(self._nodes()))
        (home / "flows_cred.json").write_text(json.dumps({"broker": self._credentials()}))
        (home / "settings.js").write_text(self._settings())
        program = self._modules / "node_modules" / "node-red" / "red.js"
        argv = ["node", str(program), "--userDir", str(home), "--settings", str(home / "settings.js"), "flows.json"]
        started = len(self._said())
        self._child = self._stage.program(
            f"node-red-{self._flow}", argv, {"NODE_PATH": str(self._modules / "node_modules")}
        )
        async with asyncio.timeout(READY_PATIENCE_S):
            while not all(words in self._said(started) for words in _READY):  # noqa: ASYNC110 - its log is watched
                await asyncio.sleep(0.05)

    def _said(self, since: int = 0) -> str:
        log = self._stage.folder.logs / f"node-red-{self._flow}.log"
        return log.read_text(errors="replace")[since:] if log.exists() else ""

    def stop(self) -> None:
        """Stop it."""
        if self._child is not None:
            self._child.stop(5)

    def _settings(self) -> str:
        pool = json.dumps({"connectionString": self._stage.database_url, "max": 10})
        return (
            f"module.exports = {{uiPort: {self.port}, uiHost: '127.0.0.1', credentialSecret: false,"
            " disableEditor: true, logging: {console: {level: 'info'}}, telemetry: {enabled: false},"
            f" functionGlobalContext: {{pool: new (require('pg').Pool)({pool})}}}};"
        )

    def _credentials(self) -> dict[str, str]:
        url = urlsplit(self._stage.servers.broker.url)
        return {"user": url.username or "", "password": url.password or ""}

    def _nodes(self) -> list[dict[str, Any]]:
        alarm = self._flow == "alarm"
        topic = ALARM_TOPIC if alarm else READING_TOPIC
        broker = {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(self._stage.servers.broker.port),
            "clientid": f"node-red-{self._flow}",
            "autoConnect": True,
            "protocolVersion": "4",
            "keepalive": "30",
            "cleansession": False,
            "autoUnsubscribe": False,
        }
        source = {
            "id": "in",
            "type": "mqtt in",
            "topic": f"{topic}/#",
            "qos": "1",
            "datatype": "json",
            "broker": "broker",
            "wires": [["over" if alarm else "store"]],
        }
        common = [{"id": "tab", "type": "tab", "label": self._flow}, broker, _placed(source)]
        store = _function(_STORE_ALARM if alarm else _STORE_READING, ["out"] if alarm else [])
        if not alarm:
            return [*common, store]
        over = {
            "id": "over",
            "type": "switch",
            "property": "payload.value",
            "propertyType": "msg",
            "rules": [{"t": "gt", "v": "100", "vt": "num"}],
            "checkall": "true",
            "outputs": 1,
            "wires": [["store"]],
        }
        listener = {"id": "ws", "type": "websocket-listener", "path": "/alarms", "wholemsg": "false"}
        out = {"id": "out", "type": "websocket out", "server": "ws", "client": "", "wires": []}
        return [*common, _placed(over), store, listener, _placed(out)]


def _function(source: str, following: list[str]) -> dict[str, Any]:
    return _placed({"id": "store", "type": "function", "func": source, "outputs": 1, "libs": [], "wires": [following]})


def _placed(node: dict[str, Any]) -> dict[str, Any]:
    return {"z": "tab", "name": "", "x": 100, "y": 100, **node}
