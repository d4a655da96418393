"""paho's client with a faster way in and out, for the one session of an ingest."""

import struct
from collections.abc import Callable, Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion

from backend.telemetry.publishes import Publish, split

_READ_BYTES = 65_536
_PIECES_A_TURN = 16
_PUBACK = struct.Struct(">BBH")


class Client(paho.Client):
    """paho, reading its socket in large pieces, past its own parser where it can, and acknowledging many at once."""

    _unread = memoryview(b"")
    on_publishes: Callable[[list[Publish]], None]

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._unread:
            self._unread = memoryview(super()._sock_recv(_READ_BYTES))
        piece, self._unread = self._unread[:bufsize], self._unread[bufsize:]
        return bytes(piece)

    def read_available(self) -> bool:
        """Handle what the socket holds; True when more is already here."""
        for _ in range(_PIECES_A_TURN):
            if not self._unread and not self._fill():
                return False
            if self._in_packet["command"] == 0:  # paho stands between two packets
                self._take_publishes()
            if self._unread and self.loop_read():
                return False
        return self._more()

    def _fill(self) -> bool:
        """Read a piece; False when there is none now or never again, which paho then finds out."""
        try:
            self._unread = memoryview(super()._sock_recv(_READ_BYTES))
        except BlockingIOError:
            return False
        except OSError:
            self.forget_unread()
        if not self._unread:
            self.loop_read()
            return False
        return True

    def _take_publishes(self) -> None:
        found, used = split(bytes(self._unread), v5=self._protocol == MQTTProtocolVersion.MQTTv5)
        self._unread = self._unread[used:]
        if found:
            self.on_publishes(found)

    def _more(self) -> bool:
        pending = getattr(self.socket(), "pending", None)
        return bool(self._unread) or bool(pending and pending())

    def forget_unread(self) -> None:
        """Drop what belongs to a connection that is gone."""
        self._unread = memoryview(b"")

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Queue a PUBACK for each packet id, as one write."""
        packet = b"".join([_PUBACK.pack(0x40, 2, mid) for mid in mids])
        self._packet_queue(0x40, packet, 0, 1)
