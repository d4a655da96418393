"""The beginning of a WebSocket, spoken to the application without a network."""

from typing import Any, Literal

from fastapi import FastAPI

from backend.identity.web import cookie_name
from tests.webclient import ORIGIN


async def handshake(app: FastAPI, path: str, token: str, *, origin: str = ORIGIN) -> Literal["accepted"] | int:
    """``accepted``, or the code with which the application closed before accepting. Leaves at once."""
    headers = {"host": ORIGIN.split("//")[1], "origin": origin, "cookie": f"{cookie_name()}={token}"}
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40000),
        "server": ("ansu.test", 80),
        "subprotocols": [],
    }
    said: list[dict[str, Any]] = []
    coming = [{"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await app(scope, receive, send)  # type: ignore[arg-type]
    first = said[0]
    return "accepted" if first["type"] == "websocket.accept" else int(first["code"])
