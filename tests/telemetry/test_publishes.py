"""Messages are read off the wire as paho reads them, wherever the pieces end."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion

from backend.telemetry.publishes import Publish, split

publishes = some.builds(
    Publish,
    topic=some.text(min_size=1, max_size=30).map(str.encode),
    payload=some.binary(max_size=300),
    mid=some.integers(1, 65_535),
    qos=some.integers(0, 1),
    dup=some.booleans(),
    retain=some.booleans(),
).map(lambda p: p if p.qos else p._replace(mid=0))


def number(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, digit = value >> 7, value & 0x7F
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def packet(p: Publish, *, v5: bool, properties: bytes = b"") -> bytes:
    body = struct.pack(">H", len(p.topic)) + p.topic + (struct.pack(">H", p.mid) if p.qos else b"")
    body += number(len(properties)) + properties if v5 else b""
    body += p.payload
    return bytes([0x30 | p.dup << 3 | p.qos << 1 | p.retain]) + number(len(body)) + body


@given(some.lists(publishes, max_size=6), some.booleans(), some.integers(0, 2000))
def test_whole_packets_are_read_and_what_is_cut_off_is_left(sent: list[Publish], v5: bool, cut: int) -> None:
    wires = [packet(p, v5=v5, properties=b"\x01\x01" if v5 else b"") for p in sent]
    data = b"".join(wires)[:cut]
    found, used = split(data, v5=v5)
    assert found == sent[: len(found)]
    assert used == sum(map(len, wires[: len(found)]))
    assert len(found) == len(sent) or len(data) - used < len(wires[len(found)])


@given(publishes)
def test_paho_reads_the_same(sent: Publish) -> None:
    wire = packet(sent, v5=False)
    body = wire[1 + len(number(len(wire) - 2 if len(wire) < 130 else len(wire) - 3)) :]
    theirs = decode_publish(wire[0], body, MQTTProtocolVersion.MQTTv311)
    ours = split(wire, v5=False)[0][0]
    assert (ours.topic, ours.payload, ours.mid, ours.qos) == (theirs.topic, theirs.payload, theirs.mid or 0, theirs.qos)
    assert (ours.dup, ours.retain) == (theirs.dup, theirs.retain)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\x30",
        b"\xd0\x00",  # PINGRESP
        b"\x34\x05\x00\x01a\x00\x01",  # QoS 2
        b"\x32\x03\x00\x01a",  # QoS 1 without a packet id
        b"\x30\x03\x00\x09a",  # a topic longer than the packet
        b"\x30\x01\x00",
        b"\x30\xff\xff\xff\xff\x7f",  # a length of five bytes
    ],
)
def test_everything_else_is_left_to_paho(wire: bytes) -> None:
    assert split(wire, v5=False) == ([], 0)


@given(some.binary(max_size=400), some.booleans())
def test_no_bytes_whatever_make_it_fail(data: bytes, v5: bool) -> None:
    found, used = split(data, v5=v5)
    assert 0 <= used <= len(data)
    assert bool(found) == bool(used)
