"""A cable between a phone and the plant that can be pulled: a browser's own "offline" leaves service workers online."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable


class Cable:
    """Forwards TCP to ``port`` while it is plugged in. ``carried`` counts the bytes that phones have sent over it."""

    def __init__(self, port: int) -> None:
        self.carried = 0
        self._to = port
        self._cut_at: int | None = None
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """Where phones find the plant, once plugged in."""
        return f"http://127.0.0.1:{self._port}"

    async def plug(self) -> None:
        """Connect; always at the same address."""
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        """Cut every connection and take no other."""
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.transport.abort()

    def cut_after(self, length: int) -> None:
        """Be pulled, once, when phones have sent ``length`` bytes more."""
        self._cut_at = self.carried + length

    async def _carry(self, piece: bytes) -> None:
        self.carried += len(piece)
        if self._cut_at is not None and self.carried >= self._cut_at:
            self._cut_at = None
            await self.pull()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
            self._lines |= {writer, back}
            await asyncio.gather(_pump(reader, back, self._carry), _pump(there, writer))
            self._lines -= {writer, back}


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, carry: Callable[[bytes], Awaitable[None]] | None = None
) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            if carry is not None:
                await carry(piece)
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


@contextlib.asynccontextmanager
async def plugged_in(port: int) -> AsyncIterator[Cable]:
    """A cable to ``port``, plugged in."""
    cable = Cable(port)
    await cable.plug()
    try:
        yield cable
    finally:
        await cable.pull()
