"""Work that repeats, each in its own loop: a failure of one never stops another, or itself for long."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Gauge

log = structlog.get_logger()

FAILURES = Counter("ansu_loop_failures_total", "Failed rounds of a worker loop", ["loop"])
LAST_ROUND = Gauge("ansu_loop_last_round_timestamp_seconds", "When a worker loop last finished a round", ["loop"])

Round = Callable[[], Awaitable[object]]


async def every(seconds: float, name: str, work: Round, *, wake: asyncio.Event | None = None) -> None:
    """Do ``work`` every ``seconds`` (or sooner when ``wake`` is set), for ever.

    A round that raises is logged and counted; the next comes at its time.
    """
    while True:
        started = time.monotonic()
        try:
            await work()
            LAST_ROUND.labels(name).set_to_current_time()
        except Exception:
            FAILURES.labels(name).inc()
            log.exception("loop.failed", loop=name)
        rest = max(0.0, seconds - (time.monotonic() - started))
        if wake is None:
            await asyncio.sleep(rest)
            continue
        try:
            await asyncio.wait_for(wake.wait(), rest or 0.01)
        except TimeoutError:
            continue
        wake.clear()
