"""Where messages wait between the broker's socket and the ingest, bounded."""

import asyncio
from collections import deque

from backend.telemetry.assembly import Incoming

INBOX_MESSAGES = 10_000
INBOX_BYTES = 64 * 1024 * 1024


class Inbox:
    """Messages that wait to be taken, in order of arrival."""

    def __init__(self) -> None:
        self._waiting: deque[Incoming] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    def put(self, message: Incoming) -> None:
        """Add a message."""
        self._waiting.append(message)
        self._bytes += len(message.payload)
        self._filled.set()

    @property
    def full(self) -> bool:
        """Whether reading should pause."""
        return len(self._waiting) >= INBOX_MESSAGES or self._bytes >= INBOX_BYTES

    @property
    def oldest(self) -> int | None:
        """When the first waiting message was received, in microseconds."""
        return self._waiting[0].received if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting)

    async def take(self, *, most: int, most_bytes: int, timeout_s: float) -> list[Incoming]:
        """All that waits, up to ``most``; waits up to ``timeout_s`` for the first."""
        if not self._waiting:
            self._filled.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._filled.wait()
            except TimeoutError:
                return []
        taken: list[Incoming] = []
        size = 0
        while self._waiting and len(taken) < most and size < most_bytes:
            message = self._waiting.popleft()
            size += len(message.payload)
            taken.append(message)
        self._bytes -= size
        return taken

    def clear(self) -> None:
        """Forget all that waits: the broker sends it again."""
        self._waiting.clear()
        self._bytes = 0
