"""A gateway as a plant would have one: publishes batches over MQTT at QoS 1 and knows when the broker has them."""

import json
import time
from collections import deque
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from backend.embedded.refusals import Refusal
from backend.starter.runs import Row

CONNECT_PATIENCE_S = 10.0
ACK_PATIENCE_S = 60.0
IN_FLIGHT = 20
"""Messages without acknowledgement before the next waits."""


class BrokerUnreachable(Refusal):
    """There is no broker there, or it doesn't let us in or answer."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"无法把读数发到 MQTT 服务器 {address}：{why}。请确认 ansu up 正在运行，或设置 ANSU_MQTT_URL。",
            f"Can't publish to the MQTT broker {address}: {why}. See that ansu up runs, or set ANSU_MQTT_URL.",
        )


class Gateway:
    """One connection (MQTT 3.1.1, which every broker speaks). Use as a context manager.

    ``url`` is ``mqtt://user:password@host:port`` or ``mqtts://…``; ``topic`` is where batches go.
    """

    def __init__(self, url: str, topic: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or (8883 if secure else 1883)
        self._topic = topic
        self._waiting: deque[paho.MQTTMessageInfo] = deque()
        self._refused = ""
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"ansu-replay-{uuid4().hex[:8]}", protocol=paho.MQTTv311
        )
        self._client.on_connect = self._on_connect
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if secure:
            self._client.tls_set()
        self.acknowledged = 0
        """Batches that the broker has taken over."""

    def __enter__(self) -> "Gateway":
        try:
            self._client.connect(self._host, self._port, keepalive=20)
        except OSError as error:
            raise BrokerUnreachable(self._address, error.strerror or str(error)) from error
        self._client.loop_start()
        try:
            self._connected(CONNECT_PATIENCE_S)
        except BrokerUnreachable:
            self._client.loop_stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, row: Row, at: datetime) -> None:
        """Send one batch; waits when too many are without acknowledgement. Raises BrokerUnreachable."""
        payload = json.dumps({"at": at.isoformat(), "values": row}, separators=(",", ":"))
        while True:
            self._connected(ACK_PATIENCE_S)
            sent = self._client.publish(self._topic, payload, qos=1)
            if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                break
        self._waiting.append(sent)
        while len(self._waiting) > IN_FLIGHT or (self._waiting and self._waiting[0].is_published()):
            self._await(self._waiting[0])

    def settle(self) -> None:
        """Wait until the broker has acknowledged everything. Raises BrokerUnreachable."""
        while self._waiting:
            self._await(self._waiting[0])

    def _await(self, sent: paho.MQTTMessageInfo) -> None:
        sent.wait_for_publish(ACK_PATIENCE_S)
        if not sent.is_published():
            raise BrokerUnreachable(self._address, f"{ACK_PATIENCE_S:g} s 内没有确认 / no acknowledgement")
        self._waiting.popleft()
        self.acknowledged += 1

    def _connected(self, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not self._client.is_connected():
            if self._refused or time.monotonic() > deadline:
                raise BrokerUnreachable(self._address, self._refused or "没有应答 / no answer")
            time.sleep(0.02)

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: Any, *_: object) -> None:
        self._refused = str(reason) if reason.is_failure else ""

    @property
    def _address(self) -> str:
        return f"{self._host}:{self._port}"
