"""One persistent MQTT session on the asyncio loop, acknowledged by hand.

paho parses the protocol; the loop owns its socket, so no thread can die in silence. What is read waits in
``inbox.Inbox`` until the ingest takes it; a full inbox stops the reading, and TCP holds the broker back.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from backend.telemetry.assembly import Incoming
from backend.telemetry.inbox import Inbox
from backend.telemetry.mqtt_client import Client
from backend.telemetry.publishes import Publish
from backend.telemetry.redelivery import Gathering, stay_away

log = structlog.get_logger()

SESSION_EXPIRY_S = 7 * 86_400
RECEIVE_MAXIMUM = 500
"""Without it MQTT 5 brokers stall a manually acknowledging session at 20 messages."""
KEEPALIVE_S = 20
CONNECT_TIMEOUT_S = 10
REFUSALS_BEFORE_OTHER_VERSION = 3
"""Once a version has worked, a broker that starts up may refuse a few times; at first one refusal suffices."""


@dataclass(frozen=True)
class Broker:
    """Where and how to connect. ``protocol`` is ``auto``, ``5`` or ``3.1.1``."""

    url: str
    client_id: str
    topics: Sequence[str]
    protocol: str = "auto"


class Subscriber:
    """Keeps the session alive and its messages coming, until ``close``."""

    def __init__(self, broker: Broker, inbox: Inbox) -> None:
        self._broker = broker
        self._inbox = inbox
        self._gathering = Gathering(inbox.put)
        self._loop = asyncio.get_running_loop()
        self._client: Client | None = None
        self._reading: Any = None
        self._answered = asyncio.Event()
        self._lost = asyncio.Event()
        self._version = MQTTProtocolVersion.MQTTv311 if broker.protocol == "3.1.1" else MQTTProtocolVersion.MQTTv5
        self._reading_began = False
        self._refusals = REFUSALS_BEFORE_OTHER_VERSION - 1
        self.connection = 0
        """Number of the present connection; acknowledgements of an earlier one are dropped."""
        self.connected = False

    @property
    def packet_ids_change(self) -> bool:
        """Whether the broker may repeat deliveries under other packet ids: NATS does, and speaks 3.1.1."""
        return self._version == MQTTProtocolVersion.MQTTv311

    async def stay_connected(self, *, resuming: bool) -> None:
        """Connect, and again whenever the connection is lost. Runs until cancelled.

        ``resuming``: an ingest before this one may have left without acknowledging all it got.
        """
        repetitions_first = resuming
        backoff_s = 0.1
        while True:
            if repetitions_first and self.packet_ids_change:
                await stay_away(*self._address)
                repetitions_first = False
            if await self._connect():
                backoff_s = 0.1
                await self._stay()
                log.warning("mqtt.disconnected")
                repetitions_first = True
            elif not self._reading_began:
                repetitions_first = True
            self._drop()
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, 5.0)

    def acknowledge(self, messages: Sequence[Incoming]) -> None:
        """Acknowledge committed messages, in order; those of an earlier connection come again and are known then."""
        mids = [m.mid for m in messages if m.qos and m.connection == self.connection]
        if mids and self.connected and self._client is not None:
            self._client.acknowledge(mids)
        self.resume()

    def resume(self) -> None:
        """Read on after the inbox was full."""
        sock = self._client.socket() if self._client else None
        if self.connected and self._reading is None and sock is not None and not self._inbox.full:
            self._reading = sock
            self._loop.add_reader(sock, self._readable)
            self._loop.call_soon(self._readable)

    def disconnect(self) -> None:
        """Leave, keeping the session: what is not acknowledged comes again at the next connection."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_write()
        self._drop()
        self._lost.set()

    @property
    def _address(self) -> tuple[str, int]:
        url = urlsplit(self._broker.url)
        return url.hostname or "", url.port or (8883 if url.scheme == "mqtts" else 1883)

    async def _connect(self) -> bool:
        self.connection += 1
        self._answered.clear()
        self._lost.clear()
        self._reading_began = False
        self._client = client = self._new_client()
        host, port = self._address
        properties = _connect_properties() if self._version == MQTTProtocolVersion.MQTTv5 else None
        clean: Any = False if properties else paho.MQTT_CLEAN_START_FIRST_ONLY
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await asyncio.to_thread(
                    client.connect, host, port, KEEPALIVE_S, clean_start=clean, properties=properties
                )
                self._read(client)
                await self._answered.wait()
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("mqtt.unreachable", error=str(error) or type(error).__name__)
        if not self.connected and self._reading_began and self._broker.protocol == "auto":
            self._try_other_version()
        return self.connected

    def _try_other_version(self) -> None:
        """A broker that knows 3.1.1 only refuses MQTT 5, some by hanging up: not to be told from a loss."""
        self._refusals += 1
        if self._refusals >= REFUSALS_BEFORE_OTHER_VERSION:
            old = self._version == MQTTProtocolVersion.MQTTv311
            self._version = MQTTProtocolVersion.MQTTv5 if old else MQTTProtocolVersion.MQTTv311

    async def _stay(self) -> None:
        while not self._lost.is_set() and self._client is not None:
            try:
                async with asyncio.timeout(1.0):
                    await self._lost.wait()
            except TimeoutError:
                self._client.loop_misc()

    def _new_client(self) -> Client:
        url = urlsplit(self._broker.url)
        v5 = self._version == MQTTProtocolVersion.MQTTv5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            clean_session=None if v5 else False,
            protocol=self._version,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S / 2
        if url.username:
            client.username_pw_set(unquote(url.username), unquote(url.password or ""))
        if url.scheme == "mqtts":
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publishes = self._on_publishes
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_wants_write
        client.on_socket_unregister_write = self._on_wrote
        return client

    def _read(self, client: Client) -> None:
        sock = client.socket()
        if sock is None:
            raise ConnectionError("closed at once")
        self._reading_began = True
        self._reading = sock
        self._loop.add_reader(sock, self._readable)

    def _readable(self) -> None:
        client = self._client
        if client is None or self._reading is None:
            return
        try:
            more = client.read_available()
        except Exception as error:
            log.error("mqtt.unreadable_packet", error=repr(error))
            self._drop()
            self._lost.set()
            self._answered.set()
            return
        if self._inbox.full:
            self._stop_reading()
        elif more:
            self._loop.call_soon(self._readable)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._loop.remove_reader(self._reading)
            self._reading = None

    def _drop(self) -> None:
        """Close what is left of a connection."""
        self.connected = False
        self._gathering.forget()
        self._stop_reading()
        client, self._client = self._client, None
        if client is not None:
            client.forget_unread()
            sock = client.socket()
            if sock is not None:
                self._loop.remove_writer(sock)
                sock.close()

    def _on_connect(self, client: paho.Client, _data: Any, flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            log.warning("mqtt.refused", reason=str(reason), version=self._version.name)
            self._answered.set()
            return
        self.connected = True
        self._refusals = 0
        log.info("mqtt.connected", version=self._version.name, session_present=flags.session_present)
        if flags.session_present and self.packet_ids_change:
            self._gathering.begin()
        if self._version == MQTTProtocolVersion.MQTTv5:
            wanted = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
            client.subscribe([(topic, wanted) for topic in self._broker.topics])
        else:
            client.subscribe([(topic, 1) for topic in self._broker.topics])
        self._answered.set()

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            log.error("mqtt.subscription_refused", topics=list(self._broker.topics), reasons=refused)

    def _on_disconnect(self, client: Any, *_details: Any) -> None:
        if client is self._client:
            self.connected = False
            self._lost.set()
            self._answered.set()

    @property
    def _put(self) -> Callable[[Incoming], None]:
        return self._gathering.put if self._gathering.going_on else self._inbox.put

    def _on_publishes(self, found: list[Publish]) -> None:
        received, connection, put = time.time_ns() // 1000, self.connection, self._put
        for topic, payload, mid, qos, dup, retain in found:
            put(Incoming(topic.decode("utf-8", "replace"), payload, received, mid, qos, dup, retain, connection))

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "�"
        received = time.time_ns() // 1000
        payload = bytes(message.payload)
        self._put(
            Incoming(topic, payload, received, message.mid, message.qos, message.dup, message.retain, self.connection)
        )

    def _on_socket_close(self, client: Any, _data: Any, sock: Any) -> None:
        if client is self._client:
            self._stop_reading()
        self._loop.remove_writer(sock)

    def _on_wants_write(self, client: Any, _data: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._write_when_possible, client, sock)

    def _write_when_possible(self, client: Client, sock: Any) -> None:
        if client is self._client and sock.fileno() >= 0:
            self._loop.add_writer(sock, client.loop_write)

    def _on_wrote(self, _client: Any, _data: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._stop_writing, sock)

    def _stop_writing(self, sock: Any) -> None:
        if sock.fileno() >= 0:  # a closed one was taken out when it closed
            self._loop.remove_writer(sock)


def _connect_properties() -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return properties
