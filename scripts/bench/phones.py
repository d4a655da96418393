"""Many open phones in one process, as cheap as can be: they look for one word in what comes and note when."""

import asyncio
import base64
import os
import time
from collections.abc import Mapping
from typing import cast

_PING = b"\x89\x04"
"""The head of a ping as uvicorn sends it: four bytes follow. No text has these two."""
_PONG = b"\x8a\x84" + bytes(4)


class Phones:
    """Sockets that all wait for the same alarm."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._word = b""
        self._missing = 0
        self._last = 0.0
        self._arrived = asyncio.Event()

    @classmethod
    async def open(cls, count: int, port: int, path: str, headers: Mapping[str, str]) -> "Phones":
        """``count`` sockets, each after its handshake. Raises ConnectionError when one is refused."""
        phones = cls()
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, line = await loop.create_connection(lambda: _Line(phones, port, path, headers), "127.0.0.1", port)
            phones._lines.append(line)
            await asyncio.wait_for(line.opened, 10)
        return phones

    def expect(self, word: str) -> None:
        """From now on wait for a frame with ``word`` on each line."""
        self._word = word.encode()
        self._missing = len(self._lines)
        self._arrived.clear()
        for line in self._lines:
            line.waiting = True

    async def all_have_it(self) -> float:
        """When the last line got it, by ``time.perf_counter``."""
        await self._arrived.wait()
        return self._last

    def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.transport.close()

    def take(self, line: "_Line", data: bytes) -> None:
        """Called by a line with what came."""
        if line.waiting and self._word in data:
            line.waiting = False
            self._missing -= 1
            if not self._missing:
                self._last = time.perf_counter()
                self._arrived.set()


class _Line(asyncio.Protocol):
    """One websocket, read without taking its frames apart: they are small, unmasked and not compressed."""

    transport: asyncio.Transport

    def __init__(self, phones: Phones, port: int, path: str, headers: Mapping[str, str]) -> None:
        self.waiting = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._phones = phones
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._greeting = ("\r\n".join(lines) + "\r\n\r\n").encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._greeting)

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            self._phones.take(self, data)
            found = data.rfind(_PING)
            if found >= 0:
                self._answer(data[found + 2 : found + 6])
        elif data.startswith(b"HTTP/1.1 101"):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(data[:200].decode(errors="replace")))

    def _answer(self, payload: bytes) -> None:
        """A line that doesn't answer its server's pings is cut after 40 s. A mask of zeros leaves the bytes be."""
        self.transport.write(_PONG + payload)
