"""Hears at once that somebody edited rules or points; without it the ingest would look a few seconds later."""

import asyncio

import asyncpg
import structlog

log = structlog.get_logger()

RULES_CHANNEL = "ansu_rules"
PLANT_CHANNEL = "ansu_plant"


class Notices:
    """What was notified and not yet looked at."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.rules = False
        self.plant = False

    def any(self) -> bool:
        """Whether there is something to look at."""
        return self.rules or self.plant

    def clear(self) -> None:
        """All was looked at."""
        self.rules = self.plant = False

    async def listen(self) -> None:
        """Keep a listening connection until cancelled; only a convenience, so its loss is no failure."""
        while True:
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.info("ingest.not_listening", error=repr(error)[:200])
            await asyncio.sleep(2.0)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=10)
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(RULES_CHANNEL, self._heard)
            await connection.add_listener(PLANT_CHANNEL, self._heard)
            await gone.wait()
        finally:
            await connection.close(timeout=1)

    def _heard(self, _connection: object, _pid: int, channel: str, _payload: str) -> None:
        if channel == RULES_CHANNEL:
            self.rules = True
        else:
            self.plant = True
