"""Coming back to a broker: what it repeats arrives in the order in which it was sent, whatever it made of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from backend.telemetry.assembly import Incoming
from backend.telemetry.inbox import Inbox
from backend.telemetry.mqtt import Broker, Subscriber
from backend.telemetry.redelivery import as_sent
from tests.factories import unique
from tests.telemetry.mosquitto import TestedBroker

LAST_PACKET_ID = 65_535


def numbered(mid: int, serial: int) -> Incoming:
    return Incoming("ansu/a/b/point/c", b"%d" % serial, serial, mid, 1 if mid else 0)


@given(first=st.integers(1, LAST_PACKET_ID), shuffled=st.permutations(range(300)))
def test_however_repetitions_come_they_are_put_as_they_were_sent(first: int, shuffled: list[int]) -> None:
    came = [numbered((first - 1 + serial) % LAST_PACKET_ID + 1, serial) for serial in shuffled]
    assert [message.received for message in as_sent(came)] == list(range(300))


def test_what_has_no_number_comes_last_as_it_came_and_a_second_copy_behind_the_first() -> None:
    came = [numbered(0, 7), numbered(3, 3), numbered(0, 6), numbered(2, 2), numbered(3, 4)]
    assert [message.received for message in as_sent(came)] == [2, 3, 4, 7, 6]
    assert as_sent([]) == []


class Gateway:
    """Publishes numbered messages to a topic of its own."""

    def __init__(self, broker: TestedBroker) -> None:
        self.topic = f"ansu/{unique('site')}/gw/point/P"
        self._next = 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        url = urlsplit(broker.gateway_url)
        self._client.username_pw_set(url.username, url.password)
        self._client.connect(url.hostname or "", url.port or 0)
        self._client.loop_start()

    async def publish(self, count: int) -> int:
        """``count`` more messages, taken over by the broker; gives the last one's number."""
        for _ in range(count):
            info = self._client.publish(self.topic, b"%d" % self._next, qos=1)
            self._next += 1
        await asyncio.to_thread(info.wait_for_publish, 10)
        return self._next - 1

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@asynccontextmanager
async def connected(broker: Broker, inbox: Inbox, *, resuming: bool) -> AsyncIterator[Subscriber]:
    """A subscriber that acknowledges nothing and leaves without a word of what it got."""
    subscriber = Subscriber(broker, inbox)
    staying = asyncio.create_task(subscriber.stay_connected(resuming=resuming))
    try:
        async with asyncio.timeout(20):
            while not subscriber.connected:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        yield subscriber
    finally:
        staying.cancel()
        with suppress(asyncio.CancelledError):
            await staying
        subscriber.disconnect()


async def taken(inbox: Inbox, enough: Callable[[list[Incoming]], bool]) -> list[Incoming]:
    """Messages as they came, until they are ``enough``."""
    came: list[Incoming] = []
    async with asyncio.timeout(20):
        while not enough(came):
            came += await inbox.take(most=1000, most_bytes=1_000_000, timeout_s=1)
    return came


def numbers(messages: Iterable[Incoming]) -> list[int]:
    """What they say, each once, in the order of the first copies."""
    return list(dict.fromkeys(int(message.payload) for message in messages))


async def subscribed(gateway: Gateway, inbox: Inbox) -> int:
    """Publish until something arrives, for no answer tells that a subscription stands; gives the first one's number."""
    async with asyncio.timeout(20):
        while not inbox:
            await gateway.publish(1)
            await asyncio.sleep(0.05)
    return numbers(await inbox.take(most=1, most_bytes=1, timeout_s=1))[0]


async def test_what_comes_again_after_a_return_comes_in_order_and_before_what_is_newer(broker: TestedBroker) -> None:
    """NATS is left when it has repeated a part already, which it then has ready later than what is newer."""
    gateway = Gateway(broker)
    as_we = Broker(broker.url, unique("client"), [gateway.topic], protocol="3.1.1")
    repeats_meanwhile = broker.name == "embedded"
    try:
        inbox = Inbox()
        async with connected(as_we, inbox, resuming=False):
            first = await subscribed(gateway, inbox)
            await gateway.publish(100)
            await asyncio.sleep(1.5)
            newest = await gateway.publish(100)
            await taken(inbox, lambda came: newest in numbers(came))
            if repeats_meanwhile:
                await taken(inbox, lambda came: any(message.dup for message in came))
        inbox = Inbox()
        async with connected(as_we, inbox, resuming=True) as subscriber:
            last = await gateway.publish(1)
            wanted = list(range(first, last + 1))
            again = await taken(inbox, lambda came: len(numbers(came)) == len(wanted))
            subscriber.acknowledge(again)
            await asyncio.sleep(0.1)
    finally:
        gateway.close()
    assert numbers(again) == wanted
