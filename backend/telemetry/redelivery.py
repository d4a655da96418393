"""Staying away from a broker until it can send first what it had sent before.

MQTT asks a broker to repeat at once, and first, what a returning session didn't acknowledge. NATS repeats it only some
seconds after the first sending (``embedded.broker``), or after its own start when it had crashed. Coming back earlier,
we would get newer values first; what lies before them is out of date by then and is stored, not judged: a breach that
came and went would never be told.
"""

import asyncio
import time

REDELIVERY_S = 2.5
"""The embedded broker has given-back messages ready again after 2 s."""
PROBE_EVERY_S = 0.1
"""Shorter than a broker takes to start: one that crashed and came back is found absent at least once."""
LONGEST_PROBE_S = 5.0
ABSENT_PROBE_EVERY_S = 0.2


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
