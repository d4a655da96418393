"""The short way to a phone writes what a websocket library reads."""

import pytest
from websockets.frames import Opcode
from websockets.protocol import CLIENT, Protocol

from backend.delivery.wire import framed


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_text_of_any_length_is_one_whole_frame(size: int) -> None:
    text = "压" * (size // 3) + "x" * (size % 3)
    reader = Protocol(CLIENT, max_size=None)
    reader.receive_data(framed(text))
    (frame,) = reader.events_received()
    assert (frame.opcode, frame.fin, frame.data.decode()) == (Opcode.TEXT, True, text)
