"""Asks a web role for pages over kept connections at next to no cost: httpx takes as long as a page that is kept."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit

OK = 200


class Line:
    """One connection that stays open, as a browser's does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    async def ask(self, path: str) -> float:
        """Milliseconds until the whole answer is there. Raises ValueError for one that isn't 200."""
        began = time.perf_counter()
        self._writer.write(f"GET {quote(path, safe='/?=&')} HTTP/1.1\r\n{self._head}\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        length = next(int(line.split(":")[1]) for line in head if line.startswith("content-length:"))
        await self._reader.readexactly(length)
        if int(head[0].split()[1]) != OK:
            raise ValueError(f"{path}: {head[0]}")
        return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def lines(url: str, cookie: str, how_many: int) -> AsyncIterator[list[Line]]:
    """So many connections to ``url`` of one who is signed in."""
    host = urlsplit(url)
    head = f"Host: {host.netloc}\r\nCookie: {cookie}\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n"
    pairs = [await asyncio.open_connection(host.hostname, host.port) for _ in range(how_many)]
    try:
        yield [Line(*pair, head) for pair in pairs]
    finally:
        for _, writer in pairs:
            writer.close()
