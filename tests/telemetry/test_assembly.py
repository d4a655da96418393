"""A batch on its way to the database: an exact account, refusals folded, and repetitions told again. No database."""

import hashlib
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.plant.models import PointStatus
from backend.telemetry.assembly import Assembly, Incoming, Rejected, Tally, open_message, receipt_of, unknown_codes
from backend.telemetry.formats.moments import SECOND
from backend.telemetry.plant_map import KnownPoint, KnownSite, PlantMap
from backend.telemetry.reasons import Reason
from tests.telemetry.examples import payloads, some, topics
from tests.telemetry.test_cleaning import NOW

SITE = 7
TOPIC = "ansu/plant/gw/batch"


def plant(*, sites: bool = True) -> PlantMap:
    """A plant with the points P1 and P2, one ignored, one pending, and one that bears its device's name."""
    known = PlantMap()
    if sites:
        known.home = KnownSite(1, "first", ZoneInfo("Asia/Shanghai"))
        known.sites = {"first": known.home, "plant": KnownSite(SITE, "plant", ZoneInfo("Asia/Shanghai"))}
    for id_, code in enumerate(("P1", "P2", "ignored", "pending", "gw.P1"), start=1):
        known.points[SITE, code] = KnownPoint(id_, SITE, code)
    known.points[SITE, "ignored"].status = PointStatus.IGNORED
    known.points[SITE, "pending"].status = PointStatus.PENDING
    return known


def message(content: Any, topic: str = TOPIC, **fields: Any) -> Incoming:
    """A message with ``content`` as JSON, a minute before noon."""
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Incoming(topic, payload, **{"received": NOW, "mid": 1, "qos": 1, **fields})


def assemble(*messages: Incoming, known: PlantMap | None = None, committed: set[bytes] | None = None) -> Assembly:
    """All of ``messages`` in one batch."""
    known = known or plant()
    assembly = Assembly(known)
    for one in messages:
        assembly.add(open_message(one, known), committed or set())
    return assembly


def account(assembly: Assembly) -> list[tuple[str, int, int, int, int]]:
    """Source, received, stored, duplicate, rejected."""
    return [(t.source, t.received, t.stored, t.duplicate, t.rejected) for t in assembly.tallies.values()]


def refused(assembly: Assembly) -> list[tuple[Reason, str, int]]:
    return [(r.refusal.reason, r.refusal.code, r.count) for r in assembly.rejections.values()]


def balanced(tally: Tally) -> bool:
    return tally.received == tally.stored + tally.duplicate + tally.rejected


incoming = st.builds(
    message,
    payloads,
    topics,
    received=st.integers(NOW, NOW + 10 * SECOND),
    mid=st.integers(1, 3),
    qos=st.integers(0, 1),
    dup=st.booleans(),
    retain=st.booleans(),
)


@some
@given(messages=st.lists(incoming, max_size=6))
def test_received_is_stored_plus_duplicate_plus_rejected_whatever_comes(messages: list[Incoming]) -> None:
    assembly = assemble(*messages)
    tallies = assembly.tallies.values()
    assert all(balanced(tally) for tally in tallies)
    assert sum(tally.stored for tally in tallies) == len(assembly.fresh) + len(assembly.doubtful)
    assert sum(tally.rejected for tally in tallies) == sum(r.count for r in assembly.rejections.values())
    assert sum(tally.received for tally in tallies) >= len(messages)


@some
@given(messages=st.lists(incoming, max_size=6))
def test_what_goes_to_the_database_can_be_written_there(messages: list[Incoming]) -> None:
    for rejected in assemble(*messages).rejections.values():
        for text in (rejected.topic, rejected.payload):
            assert "\0" not in text and len(text) <= 2000
            text.encode()


def test_values_become_rows_and_are_judged() -> None:
    assembly = assemble(message({"values": {"P1": 1.5, "P2": 2.5}}))
    assert [(row.point_id, row.value) for row in assembly.fresh] == [(1, 1.5), (2, 2.5)]
    assert [(live.point_id, live.value) for live in assembly.live] == [(1, 1.5), (2, 2.5)]
    assert account(assembly) == [("gw", 2, 2, 0, 0)]


def test_a_point_that_waits_for_adoption_is_stored_but_not_judged() -> None:
    assembly = assemble(message({"values": {"pending": 1.5}}))
    assert len(assembly.fresh) == 1
    assert assembly.live == []


def test_an_ignored_point_is_refused_in_one_row_whatever_its_values() -> None:
    assembly = assemble(*(message({"values": {"ignored": float(i)}}, mid=i) for i in range(1, 10)))
    assert refused(assembly) == [(Reason.IGNORED_POINT, "ignored", 9)]
    assert account(assembly) == [("gw", 9, 0, 0, 9)]


def test_the_same_refusal_is_counted_and_another_payload_is_not() -> None:
    assembly = assemble(message(b"?", mid=1), message(b"?", mid=2), message(b"!", mid=3))
    assert refused(assembly) == [(Reason.UNREADABLE, "", 2), (Reason.UNREADABLE, "", 1)]


def test_the_same_refusal_an_hour_later_is_another_row() -> None:
    assert len(assemble(message(b"?"), message(b"?", received=NOW + 3600 * SECOND)).rejections) == 2


def test_a_value_of_a_device_goes_to_the_point_with_its_name_before_the_bare_one() -> None:
    assembly = assemble(message({"P1": 1.0, "P2": 2.0}, "ansu/plant/gw/telemetry"))
    assert [row.point_id for row in assembly.fresh] == [5, 2]


def test_unknown_points_are_named_with_their_device_and_source() -> None:
    known = plant()
    opened = [
        open_message(message({"T": 1.0}, "ansu/plant/gw/telemetry"), known),
        open_message(message({"values": {"T": 1.0, "P1": 2.0}}), known),
    ]
    assert unknown_codes(opened, known) == {(SITE, "gw.T"): "gw", (SITE, "T"): "gw"}


def test_a_value_of_a_point_there_is_no_room_for_is_refused() -> None:
    assembly = assemble(message({"values": {"made-up-1": 1.0, "made-up-2": 2.0}}))
    assert {r.refusal.reason for r in assembly.rejections.values()} == {Reason.TOO_MANY_UNKNOWN}
    assert account(assembly) == [("gw", 2, 0, 0, 2)]


@pytest.mark.parametrize(
    ("topic", "reason", "source"),
    [
        ("ansu/nowhere/gw/batch", Reason.WRONG_SITE, "gw"),
        ("ansu/nowhere/gw/unknown", Reason.WRONG_TOPIC, "gw"),
        ("ansu/nowhere", Reason.WRONG_TOPIC, ""),
        ("elsewhere/plant/gw/batch", Reason.WRONG_TOPIC, "gw"),
    ],
)
def test_what_no_plant_claims_is_kept_for_the_first_one(topic: str, reason: Reason, source: str) -> None:
    assembly = assemble(message(b"1", topic))
    assert [(r.site_id, r.refusal.reason) for r in assembly.rejections.values()] == [(1, reason)]
    assert account(assembly) == [(source, 1, 0, 0, 1)]


def test_a_wrong_topic_below_a_plant_is_that_plants_refusal() -> None:
    assembly = assemble(message(b"1", "ansu/plant/gw/unknown"))
    assert [(r.site_id, r.refusal.reason) for r in assembly.rejections.values()] == [(SITE, Reason.WRONG_TOPIC)]


def test_without_any_plant_there_is_nobody_to_tell() -> None:
    assembly = assemble(message(b"1"), known=plant(sites=False))
    assert not assembly.tallies and not assembly.rejections


def test_a_retained_value_counts_only_with_its_time() -> None:
    at = "2026-11-24T07:59:59Z"
    assembly = assemble(message({"values": {"P1": 1.0}}, retain=True), message({"point": "P2", "v": 2.0, "at": at}))
    assert refused(assembly) == [(Reason.RETAINED, "P1", 1)]
    assert [row.point_id for row in assembly.fresh] == [2]


def test_a_repetition_of_a_committed_delivery_is_a_duplicate() -> None:
    first = message({"values": {"P1": 1.0}})
    committed = set(assemble(first).receipts)
    assembly = assemble(first._replace(dup=True), committed=committed)
    assert account(assembly) == [("gw", 1, 0, 1, 0)]
    assert assembly.fresh == []


def test_a_repetition_within_the_batch_is_a_duplicate() -> None:
    first = message({"values": {"P1": 1.0}})
    assert account(assemble(first, first._replace(dup=True))) == [("gw", 2, 1, 1, 0)]


def test_the_same_content_sent_anew_is_no_repetition() -> None:
    first = message({"values": {"P1": 1.0}})
    known = plant()
    committed = set(assemble(first, known=known).receipts)
    again = assemble(first._replace(mid=2, received=NOW + 1), known=known, committed=committed)
    assert account(again) == [("gw", 1, 1, 0, 0)]


def test_a_repetition_of_a_refusal_is_not_counted_as_another() -> None:
    first = message(b"?")
    committed = set(assemble(first).receipts)
    assembly = assemble(first._replace(dup=True), committed=committed)
    assert not assembly.rejections
    assert account(assembly) == [("gw", 1, 0, 1, 0)]


def test_only_what_its_key_does_not_tell_again_needs_a_receipt() -> None:
    at = "2026-11-24T07:59:59Z"
    stamped = message({"at": at, "values": {"P1": 1.0}})
    unstamped = message({"values": {"P1": 1.0}}, mid=2)
    assembly = assemble(stamped, unstamped, message(b"?", mid=3), message(b"?", mid=0, qos=0))
    assert list(assembly.receipts) == [receipt_of(unstamped), receipt_of(message(b"?", mid=3))]


def test_a_receipt_tells_packet_topic_and_content() -> None:
    first = message(b"1")
    others = [first._replace(mid=2), first._replace(topic=f"{TOPIC}x"), first._replace(payload=b"2")]
    assert len({receipt_of(one) for one in [first, *others]}) == 4


def test_rows_behind_what_was_stored_are_doubtful() -> None:
    later, earlier = "2026-11-24T07:59:59Z", "2026-11-24T07:59:58Z"
    assembly = assemble(message([{"point": "P1", "v": 1, "at": later}, {"point": "P1", "v": 2, "at": earlier}]))
    assert [row.value for row in assembly.fresh] == [1.0]
    assert [row.value for row in assembly.doubtful] == [2.0]


def test_a_point_that_another_gateway_sends_has_moved() -> None:
    known = plant()
    assemble(message({"values": {"P1": 1.0}}), known=known)
    moved = assemble(message({"values": {"P1": 1.0}}, "ansu/plant/other/batch"), known=known).moved
    assert [(point.id, point.source) for point in moved.values()] == [(1, "other")]


def test_a_message_set_aside_counts_as_one_and_is_kept_with_its_reason() -> None:
    known = plant()
    assembly = Assembly(known)
    one = message({"values": {"P1": 1.0, "P2": 2.0}})
    assembly.quarantine(open_message(one, known), "OverflowError()")
    assert refused(assembly) == [(Reason.NOT_STORABLE, "", 1)]
    assert account(assembly) == [("gw", 1, 0, 0, 1)]
    assert list(assembly.receipts) == [receipt_of(one)]


def test_a_refused_message_is_shown_as_far_as_a_page_can() -> None:
    known = plant()
    garbage = message(b"\xff\x00" + b"x" * 5000)
    address = open_message(garbage, known).address
    [rejected] = assemble(garbage, known=known).rejections.values()
    assert isinstance(rejected, Rejected) and rejected.address == address
    assert rejected.payload == "\ufffd\ufffd" + "x" * 1998
    assert len(bytes.fromhex(rejected.digest)) == hashlib.sha256().digest_size
