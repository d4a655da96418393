"""The payload formats: what is well formed is read exactly, and nothing a device sends is more than a refusal."""

import json
import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.telemetry.formats import Decoded, Shape, Value, decode, read_topic
from backend.telemetry.formats.moments import from_datetime, read_moment
from backend.telemetry.formats.payloads import MAX_CODE_LENGTH, MAX_PAYLOAD_BYTES, MAX_REFUSALS
from backend.telemetry.reasons import ADVICE, TITLES, Reason
from tests.telemetry.examples import RESOLUTION, SHAPED_TOPICS, codes, many, moments, numbers, payloads, some, written

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 24, tzinfo=UTC)
MICROS = from_datetime(AT)
STAMP = AT.isoformat()


def read(shape: str, content: Any) -> Decoded:
    """``content``, as JSON unless it is bytes, sent to the topic of ``shape``."""
    payload = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return decode(read_topic(SHAPED_TOPICS[shape]), payload, SHANGHAI)


def reasons(decoded: Decoded) -> list[Reason]:
    return [refusal.reason for refusal in decoded.refusals]


@pytest.mark.parametrize("shape", SHAPED_TOPICS)
@many
@given(payload=payloads)
def test_whatever_is_sent_becomes_values_or_refusals(shape: str, payload: bytes) -> None:
    decoded = read(shape, payload)
    assert decoded.values or decoded.refusals
    assert len(decoded.refusals) <= MAX_REFUSALS
    for value in decoded.values:
        assert math.isfinite(value.number)
        assert 0 < len(value.code) <= MAX_CODE_LENGTH and value.code.isprintable()
        assert value.at is None or abs(value.at) < 253_402_300_800 * 1_000_000
    for refusal in decoded.refusals:
        assert refusal.parts > 0
        assert len(refusal.code) <= 200 and len(refusal.detail) <= 200


values_of = st.dictionaries(codes, numbers, min_size=1, max_size=5)


@some
@given(number=numbers, at=moments, key=st.sampled_from(["value", "v"]), time_key=st.sampled_from(["at", "ts"]))
def test_one_value_is_read_as_written(number: float, at: datetime, key: str, time_key: str) -> None:
    decoded = read("point", {key: number, time_key: at.isoformat()})
    assert decoded == ([Value("P1", float(number), from_datetime(at))], [])
    assert read("point", number) == ([Value("P1", float(number), None)], [])


@some
@given(rows=st.lists(st.tuples(moments, values_of), min_size=1, max_size=4))
def test_a_batch_is_read_as_written(rows: list[tuple[datetime, dict[str, float]]]) -> None:
    grouped = [{"at": at.isoformat(), "values": values} for at, values in rows]
    single = [{"point": code, "value": n, "at": at.isoformat()} for at, values in rows for code, n in values.items()]
    expected = [Value(code, float(n), from_datetime(at)) for at, values in rows for code, n in values.items()]
    assert read("batch", grouped) == (expected, [])
    assert read("batch", single) == (expected, [])
    assert read("batch", grouped[0]) == (expected[: len(rows[0][1])], [])


@some
@given(rows=st.lists(st.tuples(moments, values_of), min_size=1, max_size=4))
def test_telemetry_of_a_device_is_read_as_written(rows: list[tuple[datetime, dict[str, float]]]) -> None:
    sent = [{"ts": from_datetime(at) // 1000, "values": values} for at, values in rows]
    expected = [
        Value(code, float(number), from_datetime(at) // 1000 * 1000, f"gw.{code}")
        for at, values in rows
        for code, number in values.items()
    ]
    assert read("device", sent) == (expected, [])
    unstamped = [value._replace(at=None) for value in expected[: len(rows[0][1])]]
    assert read("device", rows[0][1]) == (unstamped, [])


@some
@given(
    devices=st.dictionaries(
        codes, st.lists(st.tuples(moments, values_of), min_size=1, max_size=2), min_size=1, max_size=3
    )
)
def test_telemetry_of_a_gateway_is_read_as_written(devices: dict[str, list[tuple[datetime, dict[str, float]]]]) -> None:
    sent = {
        device: [{"ts": at.isoformat(), "values": values} for at, values in rows] for device, rows in devices.items()
    }
    expected = [
        Value(code, float(number), from_datetime(at), f"{device}.{code}")
        for device, rows in devices.items()
        for at, values in rows
        for code, number in values.items()
    ]
    assert read("gateway", sent) == (expected, [])


@some
@given(at=moments, how=st.sampled_from(sorted(RESOLUTION)))
def test_a_moment_is_read_in_every_way_devices_write_it(at: datetime, how: str) -> None:
    moment = read_moment(written(at, how), SHANGHAI)
    assert moment is not None
    assert abs(moment - from_datetime(at)) <= RESOLUTION[how]


@pytest.mark.parametrize(
    "nonsense",
    ["", "soon", "2026-13-01", "9" * 41, "24:00", True, None, [], float("nan"), float("inf"), -1e300, 10**30, "-5"],
)
def test_what_is_no_moment_is_none(nonsense: object) -> None:
    assert read_moment(nonsense, SHANGHAI) is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.UNREADABLE),
        (b"{", Reason.UNREADABLE),
        ("温度".encode("gbk"), Reason.UNREADABLE),
        (b"\x08\x96\x01", Reason.UNREADABLE),
        (b"{}", Reason.WRONG_SHAPE),
        (b"[21.5]", Reason.WRONG_SHAPE),
        (b'{"temperature": 21.5}', Reason.WRONG_SHAPE),
        (b"null", Reason.NOT_A_NUMBER),
        (b'{"value": NaN}', Reason.NOT_A_NUMBER),
        (b'{"value": -Infinity}', Reason.INFINITE),
        (b'{"value": 1e999}', Reason.INFINITE),
        (b"1" + b"0" * 400, Reason.INFINITE),
        (b'{"value": true}', Reason.BOOLEAN),
        (b'{"value": "21.5"}', Reason.TEXT),
        (b'{"value": 21.5, "at": "yesterday"}', Reason.BAD_TIME),
        (b'{"value": 21.5, "ts": null}', Reason.BAD_TIME),
        (b"1" * (MAX_PAYLOAD_BYTES + 1), Reason.TOO_LARGE),
        (b"[" * 100_000, Reason.UNREADABLE),
    ],
)
def test_what_is_no_value_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    decoded = read("point", payload)
    assert decoded.values == []
    assert reasons(decoded) == [reason]


def test_a_good_value_is_kept_beside_bad_ones() -> None:
    decoded = read("batch", {"at": STAMP, "values": {"a": 1, "b": None, "c": "x", "d": 2.5, "": 3}})
    assert decoded.values == [Value("a", 1.0, MICROS), Value("d", 2.5, MICROS)]
    assert [(r.reason, r.code) for r in decoded.refusals] == [
        (Reason.NOT_A_NUMBER, "b"),
        (Reason.TEXT, "c"),
        (Reason.BAD_CODE, ""),
    ]


def test_a_row_with_an_unreadable_time_takes_no_other_row_with_it() -> None:
    decoded = read("batch", [{"at": "?", "values": {"a": 1}}, {"at": STAMP, "values": {"a": 2}}])
    assert decoded.values == [Value("a", 2.0, MICROS)]
    assert reasons(decoded) == [Reason.BAD_TIME]


def test_countless_refusals_are_counted_together() -> None:
    decoded = read("batch", {"values": {f"p{i}": None for i in range(1000)}})
    assert len(decoded.refusals) == MAX_REFUSALS
    assert sum(refusal.parts for refusal in decoded.refusals) == 1000


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("ansu/plant/gw/point/P1", ("plant", "gw", Shape.POINT, "P1")),
        ("ansu/plant/gw/point/line/1/P1", ("plant", "gw", Shape.POINT, "line/1/P1")),
        ("ansu/厂区/网关/point/温度", ("厂区", "网关", Shape.POINT, "温度")),
        ("ansu/plant/gw/batch", ("plant", "gw", Shape.BATCH, "")),
        ("ansu/plant/gw/telemetry", ("plant", "gw", Shape.DEVICE, "")),
        ("ansu/plant/gw/gateway/telemetry", ("plant", "gw", Shape.GATEWAY, "")),
        ("ansu/plant/gw/point/", ("plant", "gw", None, "")),
        ("ansu/plant/gw/point", ("plant", "gw", None, "")),
        ("ansu/plant/gw/batch/x", ("plant", "gw", None, "")),
        ("ansu/plant/gw", ("plant", "gw", None, "")),
        ("ansu//gw/batch", ("", "gw", None, "")),
        ("other/plant/gw/batch", ("", "gw", None, "")),
        ("", ("", "", None, "")),
    ],
)
def test_a_topic_says_plant_source_and_shape(topic: str, expected: tuple[str, str, Shape | None, str]) -> None:
    assert read_topic(topic) == expected


@many
@given(topic=st.text(max_size=40))
def test_whatever_the_topic_it_is_told_apart(topic: str) -> None:
    address = read_topic(topic)
    assert (address.shape is Shape.POINT) == bool(address.point)
    assert decode(address, b"1", SHANGHAI).values == [] or address.shape is not None


def test_every_reason_has_a_title_and_says_what_to_do() -> None:
    assert set(TITLES) == set(ADVICE) == set(Reason)
    assert len(set(TITLES.values())) == len(Reason)
