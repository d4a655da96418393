"""A gateway that publishes with QoS 1 and keeps a ledger of what the broker acknowledged to it."""

import itertools
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.plant import CLOCKLESS, MEASURED, SIGNAL, WATCHED

SOURCE = "gw"


class Sent(NamedTuple):
    """One value as it was published; ``at`` is None from a device without a clock."""

    code: str
    value: float
    at: datetime | None


@dataclass
class Entry:
    """One message in the ledger."""

    values: list[Sent]
    payload: bytes
    mid: int
    answered: set[int]
    """Packet ids that the broker acknowledged; fewer messages are sent than there are ids."""
    repeated: bool = False
    """Whether the connection broke before its acknowledgement: the gateway then sends it again."""
    garbage: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether the broker has taken it over."""
        return self.mid in self.answered


@dataclass
class Gateway:
    """Publishes what a plant's devices would, in an order that ``seed`` fixes."""

    url: str
    site_code: str
    seed: int
    ledger: list[Entry] = field(default_factory=list)
    breaches: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WATCHED, 0))
    """How often each watched point went from normal to breach."""
    high: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(WATCHED, False))

    def __post_init__(self) -> None:
        self._choice = random.Random(self.seed)
        self._serial = itertools.count(1)
        self._last = 0
        self._breaks = 0
        self._in_order = False
        self._answered: set[int] = set()
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"gw-{self.site_code}")
        url = urlsplit(self.url)
        client.username_pw_set(url.username, url.password)
        client.reconnect_delay_set(0.1, 0.5)
        client.max_inflight_messages_set(20)
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_answer
        client.on_connect = self._on_connect
        client.connect_async(url.hostname or "", url.port or 0, keepalive=10)
        client.loop_start()

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish_something(self) -> None:
        """One message of a random kind: most are single values, some batches, some without a time, some garbage.

        Nothing while the connection is broken: paho would send what is new before what it has to send again.
        """
        if not self._in_order:
            return
        kind = self._choice.random()
        if kind < 0.45:
            self._one(self._choice.choice(MEASURED), self._number(50))
        elif kind < 0.65:
            self._watched(self._choice.choice(WATCHED))
        elif kind < 0.8:
            self._batch()
        elif kind < 0.93:
            number = self._number(50)
            self._publish(f"point/{CLOCKLESS}", b"%r" % number, [Sent(CLOCKLESS, number, None)])
        else:
            payload = f"garbage {next(self._serial)}".encode()
            self._publish(f"point/{MEASURED[0]}", payload, [])
            self.ledger[-1].garbage = True

    def signal(self, *, high: bool) -> None:
        """Publish one value of the signal point, outside of the ledger: a breach or a normal one."""
        self._client.publish(f"ansu/{self.site_code}/signal/point/{SIGNAL}", b"150" if high else b"50", qos=1)

    @property
    def all_acknowledged(self) -> bool:
        """Whether the broker has taken over everything that was published."""
        return all(entry.acknowledged for entry in list(self.ledger))

    def sent(self) -> list[Sent]:
        """Every value of every acknowledged message."""
        return [value for entry in self.ledger if entry.acknowledged for value in entry.values]

    def _watched(self, code: str) -> None:
        turn = self._choice.random() < 0.2
        high = self.high[code] != turn
        self.breaches[code] += turn and high
        self.high[code] = high
        self._one(code, self._number(150 if high else 50))

    def _one(self, code: str, number: float) -> None:
        at = self._moment()
        payload = json.dumps({"value": number, "at": at.isoformat()}).encode()
        self._publish(f"point/{code}", payload, [Sent(code, number, at)])

    def _batch(self) -> None:
        at = self._moment()
        values = {code: self._number(50) for code in self._choice.sample(MEASURED, 4)}
        payload = json.dumps({"at": at.isoformat(), "values": values}).encode()
        self._publish("batch", payload, [Sent(code, number, at) for code, number in values.items()])

    def _publish(self, end: str, payload: bytes, values: list[Sent]) -> None:
        breaks = self._breaks
        info = self._client.publish(f"ansu/{self.site_code}/{SOURCE}/{end}", payload, qos=1)
        self.ledger.append(Entry(values, payload, info.mid, self._answered))
        self.ledger[-1].repeated = breaks != self._breaks

    def _number(self, base: float) -> float:
        """A number near ``base`` that no other value has."""
        return round(base + next(self._serial) / 10_000, 4)

    def _moment(self) -> datetime:
        """Now, later than every moment before."""
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return datetime.fromtimestamp(self._last / 1e6, UTC)

    def _on_answer(self, _client: Any, _data: Any, mid: int, *_details: Any) -> None:
        self._answered.add(mid)
        self._in_order = True

    def _on_connect(self, *_details: Any) -> None:
        self._in_order = self.all_acknowledged

    def _on_disconnect(self, *_details: Any) -> None:
        self._in_order = False
        self._breaks += 1
        for entry in list(self.ledger):
            if not entry.acknowledged:
                entry.repeated = True
