"""The websocket as uvicorn speaks it, with a short way for a frame that many phones get.

ASGI has each phone's task woken, each frame encoded, framed and sent again: 70 µs a phone were measured, and 100
phones waited 7 ms for each other. A frame that is the same for all is framed once and written to each line. What
can't be written now goes the long way, in order (``delivery.hub``). ``ansu web`` hands this class to uvicorn.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_KEY = "ansu.wire"
_FINAL_TEXT = b"\x81"


class Wire(WebSocketsSansIOProtocol):
    """One phone's line; the application finds it by ``wire_of``."""

    def handle_connect(self, event: Any) -> None:
        """Let the application, which starts next, find us."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"][_KEY] = self

    def put(self, frame: bytes) -> bool:
        """Write a whole frame now; False when the line is not open or the last frame is still on its way."""
        transport = self.transport
        if self.close_sent or transport.is_closing() or transport.get_write_buffer_size():
            return False
        transport.write(frame)
        return True


def framed(text: str) -> bytes:
    """``text`` as one unmasked frame (RFC 6455, 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return _FINAL_TEXT + bytes([size]) + payload
    if size < 65_536:
        return _FINAL_TEXT + b"\x7e" + size.to_bytes(2, "big") + payload
    return _FINAL_TEXT + b"\x7f" + size.to_bytes(8, "big") + payload


def wire_of(scope: Any) -> Wire | None:
    """The short way of the accepted connection that ``scope`` tells of; None under another server or where frames
    are compressed."""
    found = (scope.get("state") or {}).get(_KEY)
    return found if isinstance(found, Wire) and found.handshake_complete and not found.conn.extensions else None
