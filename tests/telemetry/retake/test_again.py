"""Reading a held message again, whatever it holds: never a value twice, never one lost. No database."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from backend.plant.models import PointStatus
from backend.telemetry.assembly import Assembly, Incoming, open_message
from backend.telemetry.plant_map import PlantMap
from backend.telemetry.reasons import Reason
from backend.telemetry.retake.again import Held, Part, code_of, read_again, take
from tests.telemetry.examples import payloads, some, topics
from tests.telemetry.test_assembly import SITE, TOPIC, assemble, message, plant

broken = st.dictionaries(
    st.sampled_from(["P1", "P2", "gw.P1"]), st.sampled_from([PointStatus.IGNORED, PointStatus.RETIRED])
)
"""Which points were out of use when the message came."""


def plant_with(status: dict[str, PointStatus]) -> PlantMap:
    known = plant()
    known.home = known.sites["plant"]
    for code, one in status.items():
        known.points[SITE, code].status = one
    return known


def values_of(assembly: Assembly) -> Counter[tuple[int, float]]:
    return Counter((row.point_id, row.value) for row in (*assembly.fresh, *assembly.doubtful))


@dataclass
class Again:
    """What came of a message that was held, read again by a plant as it is now."""

    values: Counter[tuple[int, float]]
    refused: Counter[tuple[str, str]]


def again(first: Assembly, now: PlantMap, *, asked: set[str] | None = None) -> Again:
    """Read all that ``first`` holds again; only the codes ``asked``, when some are."""
    assembly, refused = Assembly(now), Counter[tuple[str, str]]()
    for held in first.held:
        parts = tuple(Part(*cause, count) for cause, count in held.parts.items() if asked is None or cause[1] in asked)
        others = frozenset(code for _, code in held.parts) - {part.code for part in parts}
        came = held.message
        kept = Held(1, came.topic, came.payload, came.received, came.retain, held.whole, parts, others)
        if parts:
            for part in take(kept, read_again(kept, now, now.sites["plant"]), assembly).refused:
                refused[part.reason, part.code] += part.parts
    return Again(values_of(assembly), refused)


def of_the_plant(payload: bytes, topic: str) -> Incoming:
    return message(payload, topic)


incoming = st.builds(of_the_plant, payloads, topics)


@some
@given(one=incoming, status=broken)
def test_with_nothing_mended_the_same_is_refused_and_nothing_taken(
    one: Incoming, status: dict[str, PointStatus]
) -> None:
    first = assemble(one, known=plant_with(status))
    found = again(first, plant_with(status))
    assert not found.values
    assert found.refused == Counter({cause: count for held in first.held for cause, count in held.parts.items()})


@some
@given(one=incoming, status=broken)
def test_what_was_taken_first_and_again_is_what_a_plant_in_order_takes(
    one: Incoming, status: dict[str, PointStatus]
) -> None:
    first = assemble(one, known=plant_with(status))
    right = assemble(one, known=plant_with({}))
    found = again(first, plant_with({}))
    assert values_of(first) + found.values == values_of(right)
    assert found.refused == Counter({cause: count for held in right.held for cause, count in held.parts.items()})


def test_of_a_message_taken_in_part_only_what_the_point_refused_is_read_again() -> None:
    content = {"values": {"P1": 1.0, "P2": 2.0, "pending": True}}
    first = assemble(message(content), known=plant_with({"P2": PointStatus.RETIRED}))
    found = again(first, plant_with({}))
    assert found.values == Counter({(2, 2.0): 1})
    assert found.refused == Counter({(Reason.BOOLEAN, "pending"): 1})


def test_of_several_points_only_the_one_asked_for_is_taken() -> None:
    out = {"P1": PointStatus.RETIRED, "P2": PointStatus.RETIRED}
    first = assemble(message({"values": {"P1": 1.0, "P2": 2.0}}), known=plant_with(out))
    assert again(first, plant_with({}), asked={"P2"}).values == Counter({(2, 2.0): 1})


def test_a_message_of_another_site_stays_refused() -> None:
    first = assemble(message({"values": {"P1": 1.0}}, TOPIC.replace("plant", "nowhere")), known=plant_with({}))
    found = again(first, plant_with({}))
    assert not found.values and found.refused == Counter({(Reason.WRONG_SITE, ""): 1})


def test_a_value_goes_by_the_name_with_its_device() -> None:
    opened = open_message(message({"P9": 1.0}, TOPIC.replace("batch", "telemetry")), plant())
    assert [code_of(value) for value in opened.content.values] == ["gw.P9"]
