"""From plant facts to the network of causes: which signs count, which modes fit, what learning changes. Pure."""

from dataclasses import replace

import msgspec
import pytest

from backend.tracing.engine.behaviour import Shape
from backend.tracing.engine.fusion import fuse
from backend.tracing.library.assembling import MOST_MODES, Known, Place, PointFact, assemble, equipment_of_question
from backend.tracing.library.catalogue import base_library
from backend.tracing.library.telling import changes, told
from backend.tracing.records import RecordEvidence

FLOW_LOW = PointFact("point:1", "flow", False, (Shape.MOVED, Shape.LOW, Shape.STEP), -9.0)
VALVE_OPENS = PointFact("point:2", "position", True, (Shape.MOVED, Shape.HIGH), 6.0)
FEED = Place(1, "feed_line", 5, 0.8, (FLOW_LOW, VALVE_OPENS), (), (2,), ("point:1", "point:9"))
MIXER = Place(2, "mixer", 6, 0.2, (), (1,), ())
KNOWN = Known([FEED, MIXER], 0.05, {1: FEED.points, 2: ()})


def likely(known: Known) -> dict[str, float]:
    return dict(fuse(assemble(base_library(), known).case).modes)


def test_the_mode_whose_signs_are_seen_comes_first() -> None:
    found = likely(KNOWN)
    assert max(found, key=lambda key: found[key]) == "equipment:1/feed.lost"


def test_a_sign_is_looked_for_at_its_side_and_left_out_where_nothing_measures_it() -> None:
    network = assemble(base_library(), KNOWN)
    signs = {f.key: f.true for f in network.case.findings if f.place == "equipment:1"}
    assert signs["equipment:1~own.flow.low"] is True and signs["equipment:1~own.flow.high"] is False
    assert "equipment:1~own.pressure.low" not in signs and "equipment:1~downstream.flow.low" not in signs
    blind = replace(FEED, points=(replace(FLOW_LOW, shapes=None),))
    unread = assemble(base_library(), replace(KNOWN, places=[blind], neighbours={1: blind.points}))
    assert not [f for f in unread.case.findings if f.place]
    beside = assemble(base_library(), KNOWN).suspects["equipment:2/mixer.ratio_off"]
    assert [point.key for _, point in beside.shown] == ["point:1"], "what lies upstream of the mixer"


def test_a_library_of_any_size_takes_bounded_time_and_memory() -> None:
    library = base_library()
    feed = next(one for one in library.classes if one.key == "feed")
    many = [msgspec.structs.replace(feed.modes[0], key=f"lost_{n}", per_year=1 + n) for n in range(600)]
    huge = msgspec.structs.replace(feed, modes=many)
    swollen = msgspec.structs.replace(library, classes=[huge if one is feed else one for one in library.classes])
    network = assemble(swollen, KNOWN)
    assert len(network.case.modes) == MOST_MODES
    assert "equipment:1/feed.lost_599" in {mode.key for mode in network.case.modes}
    found = fuse(network.case)
    assert sum(found.modes.values()) + found.unknown == pytest.approx(1.0)


def test_equipment_without_a_valve_has_no_valve_s_troubles() -> None:
    without = replace(FEED, points=(FLOW_LOW,))
    keys = assemble(base_library(), replace(KNOWN, places=[without], neighbours={1: without.points})).suspects.keys()
    assert "equipment:1/valve.sticking" not in keys and "equipment:1/valve.external_leak" in keys
    unknown = assemble(base_library(), replace(KNOWN, places=[replace(FEED, equipment_class="flux capacitor")]))
    assert {"equipment:1/generic.other", "equipment:1/instrument.stuck"} <= unknown.suspects.keys()


def test_what_a_person_ruled_out_gives_way_and_what_is_left_grows_at_its_own_and_other_places() -> None:
    before, after = likely(KNOWN), likely(replace(KNOWN, ruled_out=frozenset({"equipment:1/feed.lost"})))
    gone, *others = sorted(before, key=lambda key: -before[key])
    assert gone == "equipment:1/feed.lost" and after[gone] < before[gone] / 10
    assert all(after[key] > before[key] for key in others)
    assert sum(after.values()) < 1


def test_a_factor_that_was_ruled_out_raises_nothing() -> None:
    known = replace(KNOWN, records={(1, "maintenance_overdue"): True})
    without = replace(KNOWN, records={(1, "maintenance_overdue"): False})
    key = "equipment:1/factor.maintenance_overdue"
    ruled_out = fuse(assemble(base_library(), replace(known, ruled_out=frozenset({key}))).case)
    assert key in fuse(assemble(base_library(), known).case).explained and key not in ruled_out.explained
    assert ruled_out.modes == pytest.approx(likely(without))


@pytest.mark.parametrize("key", ["valve.stuck_closed", "equipment:1/valve.stuck_closed"])
def test_what_was_learned_raises_a_cause_everywhere_or_at_one_place(key: str) -> None:
    before, after = likely(KNOWN), likely(replace(KNOWN, learned={key: 2.0}))
    assert after["equipment:1/valve.stuck_closed"] > 2 * before["equipment:1/valve.stuck_closed"]
    assert (
        likely(replace(KNOWN, learned={key: -2.0}))["equipment:1/valve.stuck_closed"]
        < before["equipment:1/valve.stuck_closed"]
    )


def test_a_supply_s_owner_is_who_keeps_what_feeds_it_and_a_factor_s_who_had_the_duty() -> None:
    cold = PointFact("point:3", "composition", False, (Shape.MOVED, Shape.HIGH), 7.0)
    mixer = replace(MIXER, probability=0.9, points=(cold,))
    known = replace(KNOWN, places=[replace(FEED, probability=0.1), mixer], neighbours={1: FEED.points, 2: (cold,)})
    known = replace(known, records={(2, "missed_checkin"): True})
    missed = RecordEvidence("missed_checkin", 2, 3.0, 77, text="混合巡检", post_id=9)
    network = assemble(base_library(), known)
    listed = told(base_library(), known, network, fuse(network.case), [missed])
    upset = next(one for one in listed if one["library_key"] == "mixer.inlet_upset")
    assert upset["posts"] == [5] and upset["cites"][0]["point"] in {"point:1", "point:3"}
    duty = next(one for one in listed if one["library_key"] == "factor.missed_checkin")
    assert duty["contributes"] and duty["posts"] == [9] and duty["cites"][0]["record"]["row_id"] == 77
    assert sum(one["probability"] for one in listed if not one["contributes"]) == pytest.approx(1.0, abs=0.001)


def test_what_an_answer_moved_is_told_most_first_and_nothing_below_a_percent() -> None:
    def one(key: str, probability: float) -> dict[str, object]:
        return {"key": key, "equipment_id": 1, "title": key, "title_en": key, "probability": probability}

    before = [one("a", 0.5), one("b", 0.3), one("c", 0.105), one("rest", 0.1)]
    after = [one("b", 0.75), one("a", 0.1), one("c", 0.1), one("rest", 0.05)]
    assert [(c["key"], c["before"], c["after"]) for c in changes(before, after)] == [("b", 0.3, 0.75), ("a", 0.5, 0.1)]
    assert changes(before, before) == []


@pytest.mark.parametrize("key", ["", "valve", "point:3?valve.follows", "equipment:x?valve.follows", "equipment:3?"])
def test_what_is_no_question_s_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):
        equipment_of_question(key)
