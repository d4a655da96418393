"""Coming back to a broker so that what it had sent before comes first, and in order.

MQTT asks a broker to repeat at once, first, and in order what a returning session didn't acknowledge. NATS repeats it
only some seconds after the first sending (``embedded.broker``), or after its own start when it had crashed, and not in
order: what it repeated while the session was still there waits longer than newer messages. Values that come behind
newer ones of their point are out of date and stored, not judged: a breach that came and went would never be told.
So we stay away until all can be repeated, and hold what comes then until it is all here.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from backend.telemetry.assembly import Incoming
from backend.telemetry.inbox import INBOX_BYTES

REDELIVERY_S = 2.5
"""The embedded broker has given-back messages ready again after 2 s."""
PROBE_EVERY_S = 0.1
"""Shorter than a broker takes to start: one that crashed and came back is found absent at least once."""
LONGEST_PROBE_S = 5.0
ABSENT_PROBE_EVERY_S = 0.2
QUIET_S = 0.2
"""Repetitions come in one go: when nothing came for so long, there are no more."""
LONGEST_GATHERING_S = 1.0
"""So long alarms may wait for repetitions where new messages never cease."""
_PACKET_IDS = 65_536


async def stay_away(host: str, port: int, seconds: float = REDELIVERY_S) -> None:
    """Return once the broker at ``host:port`` has been reachable for ``seconds`` without a break, and we not there."""
    since: float | None = None
    while since is None or time.monotonic() - since < seconds:
        if not await _reachable(host, port):
            since = None
            await asyncio.sleep(ABSENT_PROBE_EVERY_S)
            continue
        since = since or time.monotonic()
        await asyncio.sleep(PROBE_EVERY_S)


async def _reachable(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(LONGEST_PROBE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def as_sent(messages: Sequence[Incoming]) -> list[Incoming]:
    """Messages of one connection in the order in which the broker first sent them. Pure.

    A repetition keeps its packet id (MQTT 3.1.1, 4.4). That new ones are given in turn the standard leaves open; NATS
    and Mosquitto do so. They begin again after the last: ``messages`` must span less than half of them. QoS 0 has none
    and isn't repeated: last.
    """
    numbered = [message for message in messages if message.qos]
    middle = numbered[0].mid if numbered else 0
    numbered.sort(key=lambda message: (message.mid - middle + _PACKET_IDS // 2) % _PACKET_IDS)
    return [*numbered, *(message for message in messages if not message.qos)]


class Gathering:
    """Holds what a broker sends first after a return, then hands it over as it was sent. Of one asyncio loop."""

    def __init__(self, hand_over: Callable[[Incoming], None]) -> None:
        self._hand_over = hand_over
        self._held: list[Incoming] = []
        self._bytes = 0
        self._began = self._came = 0.0
        self._look: asyncio.TimerHandle | None = None

    @property
    def going_on(self) -> bool:
        """Whether messages are to be put here."""
        return self._look is not None

    def begin(self) -> None:
        """Hold from now on."""
        self.forget()
        self._began = self._came = time.monotonic()
        self._look_later()

    def put(self, message: Incoming) -> None:
        """Hold ``message``."""
        self._held.append(message)
        self._bytes += len(message.payload)
        self._came = time.monotonic()
        if self._bytes >= INBOX_BYTES:
            self._end()

    def forget(self) -> None:
        """End without handing over: the broker sends it again."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._held, self._bytes = [], 0

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(QUIET_S / 4, self._end_when_quiet)

    def _end_when_quiet(self) -> None:
        present = time.monotonic()
        if present - self._came >= QUIET_S or present - self._began >= LONGEST_GATHERING_S:
            self._end()
        else:
            self._look_later()

    def _end(self) -> None:
        held = self._held
        self.forget()
        for message in as_sent(held):
            self._hand_over(message)
