"""A stored trace in the order in which people read it, and what it asks for."""

from datetime import UTC, datetime
from typing import Any

from backend.tracing.advice import MOST, advice_for
from backend.tracing.steps import equipment_path, reached_equipment, steps_of

T = "2026-11-26T08:00:{:02}+00:00"


def cause(node: str, path: tuple[str, ...] = (), onset: int | None = 0, **more: Any) -> dict[str, Any]:
    at = None if onset is None else T.format(onset)
    found = {"node": node, "path": list(path), "onset_at": at, "onset_earliest": at, "onset_latest": at}
    return found | {"probability": 0.5, "against": [], "supports": [], "look_at": [], "equipment_id": 1} | more


def affected(node: str, second: int, *, moving: bool = True, equipment: int = 2, **more: Any) -> dict[str, Any]:
    at = T.format(second)
    found = {"node": node, "moving": moving, "arrival_at": at, "earliest": at, "latest": at, "path": ["point:1", node]}
    return found | {"equipment_id": equipment, "score": 0.8} | more


def result(causes: list[dict[str, Any]], scope: list[dict[str, Any]] = [], **more: Any) -> dict[str, Any]:  # noqa: B006
    return {"causes": causes, "scope": scope, "symptom": "point:3", "records": []} | more


def test_steps_take_their_times_from_causes_and_from_what_moves() -> None:
    first = cause("point:1", ("point:1", "equipment:9", "point:3"), 5)
    steps = steps_of(result([first], [affected("point:3", 25), affected("point:4", 50, moving=False)]), first)
    assert [(step.node, step.after_s) for step in steps] == [("point:1", 0), ("equipment:9", None), ("point:3", 20)]
    assert steps[0].onset_at == datetime(2026, 11, 26, 8, 0, 5, tzinfo=UTC)


def test_a_later_step_that_moved_before_the_first_says_so() -> None:
    first = cause("point:1", ("point:1", "point:3"), 30)
    steps = steps_of(result([first], [affected("point:3", 10)]), first)
    assert steps[1].after_s == -20


def test_without_a_known_way_the_two_ends_stand_alone_and_the_symptom_as_its_own_cause_once() -> None:
    far, itself = cause("point:1"), cause("point:3")
    assert [step.node for step in steps_of(result([far, itself]), far)] == ["point:1", "point:3"]
    assert [step.node for step in steps_of(result([far, itself]), itself)] == ["point:3"]


def test_the_scope_stands_by_equipment_what_is_reached_first_and_then_by_arrival() -> None:
    scope = [
        affected("point:5", 40, moving=False, equipment=5),
        affected("point:6", 30, moving=False, equipment=6),
        affected("point:2", 20, equipment=2),
        affected("point:7", 10, equipment=2),
        affected("point:8", 50, moving=False, equipment=2),
    ]
    reached = reached_equipment(result([], scope))
    assert [(item.equipment_id, item.arrived, item.nodes) for item in reached] == [
        (2, True, ("point:2", "point:7")),
        (6, False, ("point:6",)),
        (5, False, ("point:5",)),
    ]
    assert reached[0].arrival_at.second == 10


def test_the_equipment_where_it_begins_is_not_in_its_own_scope() -> None:
    scope = [affected("point:5", 5, equipment=1), affected("point:6", 9, equipment=6)]
    assert [item.equipment_id for item in reached_equipment(result([cause("point:1")], scope))] == [6]


def test_what_nothing_leads_to_and_what_is_hardly_touched_is_not_in_the_scope() -> None:
    scope = [
        affected("point:5", 40, moving=False, path=[]),
        affected("point:6", 40, moving=False, score=0.01),
        affected("point:7", 40, moving=False, equipment_id=None),
    ]
    assert reached_equipment(result([], scope)) == []


def test_equipment_along_the_way_stands_once_for_the_plan() -> None:
    first = cause("point:1", ("point:1", "point:2", "equipment:9", "point:3"))
    steps = steps_of(result([first]), first)
    places = {"point:1": 4, "point:2": 4, "equipment:9": 9, "point:3": None}
    assert equipment_path(steps, places) == [4, 9]


def test_advice_follows_the_likely_causes_and_the_records_and_stays_short() -> None:
    valve = cause("point:1", against=[{"reason": "compensates", "value": 1, "points": []}], look_at=["equipment:7"])
    unlikely = cause("point:2", probability=0.05)
    record = {"kind": "maintenance_overdue", "equipment_id": 8}
    told = advice_for(result([valve, unlikely], records=[record, record, {"kind": "earlier_alarms"}]))
    assert [item.node for item in told] == ["point:1", "equipment:7", "equipment:8"]
    assert "补偿" in told[0].text and "没有测点" in told[1].text and "保养" in told[2].text
    many = [{"kind": "maintenance_overdue", "equipment_id": n} for n in range(20)]
    assert len(advice_for(result([valve], records=many))) == MOST
