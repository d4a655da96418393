"""Naming the root of made-up faults whose root we know."""

import numpy as np
import pytest

from backend.tracing.engine import Normal, PlantGraph, Reason, TraceResult, Window, learn_normal, trace
from tests.tracing.synthetic import STEP_S, chain, chain_graph, learned, permuted, with_gaps

DELAYS = (3, 4, 2)
FAULT_AT = 100


@pytest.fixture(scope="module")
def normal() -> Normal:
    return learned(DELAYS)


def _traced(normal: Normal, *, seed: int = 3, root: int = 0) -> TraceResult:
    window = chain(DELAYS, rows=180, fault_at=FAULT_AT, root=root, seed=seed)
    return trace(window, normal, chain_graph(4), "P3")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("root", [0, 1, 2])
def test_the_pushed_point_is_the_first_cause_wherever_in_the_chain_it_stands(
    normal: Normal, seed: int, root: int
) -> None:
    found = _traced(normal, seed=seed, root=root)
    assert found.abnormal
    assert found.causes[0].node == f"P{root}"
    assert found.causes[0].path == tuple(f"P{i}" for i in range(root, 4))
    assert found.units[0].unit == f"U{root}"


@pytest.mark.parametrize("seed", range(6))
def test_without_a_drawn_plant_the_root_is_still_among_the_first_two(normal: Normal, seed: int) -> None:
    window = chain(DELAYS, rows=180, fault_at=FAULT_AT, seed=seed)
    found = trace(window, normal, PlantGraph(), "P3")
    assert "P0" in [cause.node for cause in found.causes[:2]]
    assert all(cause.path == () for cause in found.causes)


@pytest.mark.parametrize("seed", range(8))
def test_onsets_follow_the_chain(normal: Normal, seed: int) -> None:
    found = _traced(normal, seed=seed)
    begun = {cause.node: cause.onset_s for cause in found.causes if cause.onset_s is not None}
    assert [node for node in sorted(begun, key=lambda node: begun[node]) if node != "BY"] == ["P0", "P1", "P2", "P3"]
    assert begun["P0"] == pytest.approx(FAULT_AT * STEP_S, abs=3 * STEP_S)
    assert found.started_s == pytest.approx(FAULT_AT * STEP_S, abs=5 * STEP_S)


def test_probabilities_of_all_causes_and_of_something_unmeasured_are_one(normal: Normal) -> None:
    found = _traced(normal)
    assert sum(cause.probability for cause in found.causes) + found.unknown == pytest.approx(1)
    assert [c.probability for c in found.causes] == sorted((c.probability for c in found.causes), reverse=True)
    assert next(c for c in found.causes if c.node == "BY").probability < 0.01


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_the_order_of_columns_changes_nothing(order: tuple[int, ...]) -> None:
    window, before = chain(DELAYS, rows=180, fault_at=FAULT_AT, seed=7), chain(DELAYS, rows=400, seed=99)
    straight = trace(window, learn_normal(before), chain_graph(4), "P3")
    turned = trace(permuted(window, order), learn_normal(permuted(before, order)), chain_graph(4), "P3")
    assert [c.node for c in turned.causes] == [c.node for c in straight.causes]
    assert np.allclose([c.probability for c in turned.causes], [c.probability for c in straight.causes])
    assert {a.node: round(a.score, 6) for a in turned.scope} == {a.node: round(a.score, 6) for a in straight.scope}


def test_what_points_are_called_changes_nothing(normal: Normal) -> None:
    names = {"P0": "zz", "P1": "p-1", "P2": "A", "P3": "压力", "BY": "0"}
    window, before = chain(DELAYS, rows=180, fault_at=FAULT_AT, seed=7), chain(DELAYS, rows=400, seed=99)
    rename = lambda w: Window(w.times_s, tuple(names[p] for p in w.points), w.values)  # noqa: E731
    graph = PlantGraph.from_topology(
        {"edges": [{"from": names[f"P{i}"], "to": names[f"P{i + 1}"], "kind": "material"} for i in range(3)]}
    )
    plain = PlantGraph.from_topology({"edges": [{"from": f"P{i}", "to": f"P{i + 1}"} for i in range(3)]})
    called = trace(rename(window), learn_normal(rename(before)), graph, "压力")
    straight = trace(window, learn_normal(before), plain, "P3")
    assert [c.node for c in called.causes] == [names[c.node] for c in straight.causes]


@pytest.mark.parametrize("seed", range(3))
def test_one_reading_in_four_missing_does_not_hide_the_root(normal: Normal, seed: int) -> None:
    window = with_gaps(chain(DELAYS, rows=180, fault_at=FAULT_AT, seed=seed), 0.25)
    assert trace(window, normal, chain_graph(4), "P3").causes[0].node == "P0"


def test_normal_work_is_said_to_be_normal(normal: Normal) -> None:
    found = trace(chain(DELAYS, rows=180, seed=31), normal, chain_graph(4))
    assert not found.abnormal and found.started_s is None


def test_an_empty_window_gives_an_empty_answer(normal: Normal) -> None:
    found = trace(chain(DELAYS, rows=5).between(0, 0), normal, chain_graph(4), "P3")
    assert (found.abnormal, found.causes, found.scope, found.unknown) == (False, (), (), 1.0)


def test_the_cause_says_what_speaks_for_it_and_its_followers_what_speaks_against_them(normal: Normal) -> None:
    found = {cause.node: cause.explanation for cause in _traced(normal).causes}
    assert {Reason.MOVED_FIRST, Reason.MOVED_BEFORE_SYMPTOM, Reason.UNEXPLAINED} <= {
        evidence.reason for evidence in found["P0"].supports
    }
    assert Reason.EXPLAINED_BY_PARENT in {evidence.reason for evidence in found["P1"].against}
    assert Reason.NO_WAY_TO_SYMPTOM in {evidence.reason for evidence in found["BY"].against}


def test_a_valve_that_a_controller_moves_is_told_as_compensating() -> None:
    topology = {
        "nodes": [{"id": "flow", "kind": "sensor"}, {"id": "valve", "kind": "actuator"}],
        "edges": [{"from": "flow", "to": "valve", "kind": "control"}, {"from": "valve", "to": "flow"}],
    }
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (300, 2))
    normal = learn_normal(Window.of(np.arange(200.0), ["flow", "valve"], values[:200]))
    values[250:] += [-6.0, 9.0]
    found = trace(
        Window.of(np.arange(100.0), ["flow", "valve"], values[200:]), normal, PlantGraph.from_topology(topology), "flow"
    )
    valve = next(cause for cause in found.causes if cause.node == "valve")
    assert [(e.reason, e.points) for e in valve.explanation.against][-1] == (Reason.COMPENSATES, ("flow",))


def test_a_plant_alarm_is_never_a_cause_and_the_contact_before_it_is() -> None:
    rng = np.random.default_rng(9)
    rows = 300
    pump = np.ones(rows)
    pump[240:] = 0
    alarm = np.zeros(rows)
    alarm[245:] = 1
    values = np.column_stack([rng.normal(0, 1, rows), pump, alarm])
    graph = PlantGraph.from_topology(
        {"nodes": [{"id": "alarm", "kind": "alarm"}], "edges": [{"from": "pump", "to": "alarm"}]}
    )
    window = Window.of(np.arange(float(rows)), ["noise", "pump", "alarm"], values)
    found = trace(window, learn_normal(window.between(0, 200)), graph, None, ["alarm"], 200)
    assert found.causes[0].node == "pump"
    assert "alarm" not in [cause.node for cause in found.causes]
    assert (Reason.PRECEDES_ALARM, ("alarm",)) in [(e.reason, e.points) for e in found.causes[0].explanation.supports]
