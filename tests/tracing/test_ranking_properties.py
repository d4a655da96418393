"""What may not matter to a ranking, and input that no plant should send but some will."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.tracing.engine import (
    Link,
    LinkKind,
    Node,
    NodeKind,
    PlantGraph,
    Reason,
    TraceResult,
    Window,
    learn_normal,
    trace,
)
from tests.tracing.synthetic import chain, chain_graph

DELAYS = (3, 4, 2)
NORMAL = chain(DELAYS, rows=300, seed=99)
FAULT = chain(DELAYS, rows=150, fault_at=80, seed=7)


def _ranked(
    before: Window = NORMAL, window: Window = FAULT, graph: PlantGraph | None = None, target: str | None = "P3"
) -> TraceResult:
    return trace(window, learn_normal(before), chain_graph(4) if graph is None else graph, target, most=None)


def _order(found: TraceResult) -> list[str]:
    return [cause.node for cause in found.causes]


def _changed(window: Window, values: np.ndarray, points: Sequence[str] | None = None) -> Window:
    return Window(window.times_s, tuple(points or window.points), values)


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    turned = [_changed(w, w.values[:, order], [w.points[i] for i in order]) for w in (NORMAL, FAULT)]
    found, straight = _ranked(*turned), _ranked()
    assert _order(found) == _order(straight)
    assert np.allclose([c.probability for c in found.causes], [c.probability for c in straight.causes], atol=1e-6)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(1e-3, 1e4), min_size=5, max_size=5), st.floats(-1e3, 1e3))
def test_units_of_measure_do_not_matter(factors: list[float], offset: float) -> None:
    scaled = [_changed(w, w.values * factors + offset) for w in (NORMAL, FAULT)]
    assert _order(_ranked(*scaled))[:3] == _order(_ranked())[:3]


@pytest.mark.parametrize("shift", [-1e6, 86_400.0, 1.7e9])
def test_the_clock_does_not_matter(shift: float) -> None:
    later = Window(FAULT.times_s + shift, FAULT.points, FAULT.values)
    found, straight = _ranked(window=later), _ranked()
    assert _order(found) == _order(straight)
    assert found.causes[0].onset_s == pytest.approx(straight.causes[0].onset_s + shift)  # type: ignore[operator]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_constant_and_a_noisy_stranger_do_not_hide_the_root(seed: int) -> None:
    rng = np.random.default_rng(seed)
    more = [
        _changed(
            w,
            np.column_stack([w.values, np.full(w.rows, 7.0), rng.normal(0, 3, w.rows)]),
            [*w.points, "still", "stranger"],
        )
        for w in (NORMAL, FAULT)
    ]
    found = _ranked(*more)
    assert found.causes[0].node == "P0"
    assert next(c for c in found.causes if c.node == "still").probability < 0.05


DEGENERATE = {
    "one row": FAULT.values[:1],
    "two rows": FAULT.values[:2],
    "all missing": np.full((30, 5), np.nan),
    "constant": np.full((30, 5), 3.0),
    "huge": np.full((30, 5), 1e300),
    "infinite": np.full((30, 5), np.inf),
    "one point missing": np.where(np.arange(5) == 0, np.nan, FAULT.values[:100]),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("normal_rows", [0, 1, 3, 300])
def test_degenerate_readings_give_an_answer_that_adds_up(name: str, drawn: bool, normal_rows: int) -> None:
    values = DEGENERATE[name]
    window = Window.of(np.arange(float(len(values))), FAULT.points, values)
    graph = chain_graph(4) if drawn else PlantGraph()
    found = trace(window, learn_normal(NORMAL.between(0, normal_rows)), graph, "P3", ["P1"], 0, None)
    assert sum(cause.probability for cause in found.causes) + found.unknown == pytest.approx(1)
    assert all(np.isfinite(cause.score) for cause in found.causes)
    assert "P1" not in _order(found)


GRAPHS = {
    "cycle": [Link("P0", "P1"), Link("P1", "P2"), Link("P2", "P3"), Link("P3", "P0")],
    "self-loop": [Link("P0", "P0"), Link("P0", "P1"), Link("P1", "P2"), Link("P2", "P3")],
    "doubled": [Link(f"P{i}", f"P{i + 1}", kind) for i in range(3) for kind in LinkKind],
    "island": [Link("P0", "P1"), Link("P1", "P2"), Link("P2", "P3"), Link("X", "Y"), Link("Y", "X")],
}


@pytest.mark.parametrize("name", GRAPHS)
def test_cycles_islands_and_loops_are_walked_once(name: str) -> None:
    found = _ranked(graph=PlantGraph([Node(f"P{i}", unit=f"U{i}") for i in range(4)], GRAPHS[name]))
    assert found.causes[0].node == "P0"


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_missing_link_does_not_sink_the_root(missing: int) -> None:
    links = [Link(f"P{i}", f"P{i + 1}") for i in range(3) if i != missing]
    assert "P0" in _order(_ranked(graph=PlantGraph([], links)))[:2]


@pytest.mark.parametrize("turned", [0, 1, 2])
def test_one_reversed_link_does_not_sink_the_root(turned: int) -> None:
    links = [Link(f"P{i + (i == turned)}", f"P{i + (i != turned)}") for i in range(3)]
    assert "P0" in _order(_ranked(graph=PlantGraph([], links)))[:3]


def test_labels_that_are_all_different_do_not_favour_the_symptom() -> None:
    plain = chain_graph(4)
    labelled = PlantGraph([Node(n.id, n.kind, n.unit, f"label of {n.id}") for n in plain.nodes()], plain.links)
    found, straight = _ranked(graph=labelled), _ranked(graph=plain)
    assert [c.probability for c in found.causes] == [c.probability for c in straight.causes]


def test_a_prior_moves_its_point_by_as_much_as_it_says() -> None:
    normal = learn_normal(NORMAL)
    plain = {c.node: c.probability for c in trace(FAULT, normal, chain_graph(4), "P3", most=None).causes}
    with_it = {
        c.node: c.probability
        for c in trace(FAULT, normal, chain_graph(4), "P3", most=None, prior={"P2": 1.0, "elsewhere": 3.0}).causes
    }
    odds = {node: with_it[node] / with_it["P1"] / (plain[node] / plain["P1"]) for node in plain}
    assert odds["P2"] == pytest.approx(np.e, rel=1e-6)
    assert odds["P3"] == pytest.approx(1, rel=1e-6)


def test_a_prior_on_a_unit_counts_for_its_points() -> None:
    normal = learn_normal(NORMAL)
    by_unit = trace(FAULT, normal, chain_graph(4), "P3", most=None, prior={"U2": 1.0})
    by_point = trace(FAULT, normal, chain_graph(4), "P3", most=None, prior={"P2": 1.0})
    assert [(c.node, c.probability) for c in by_unit.causes] == [(c.node, c.probability) for c in by_point.causes]


def test_a_unit_without_readings_is_named_when_all_that_it_feeds_moves_at_once() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (400, 6))
    values[340:, :5] += 7.0
    names = [f"F{i}" for i in range(5)] + ["BY"]
    links = [Link("BOILER", name) for name in names[:5]]
    graph = PlantGraph([Node("BOILER", NodeKind.UNIT), *(Node(n, unit=f"U{n}") for n in names)], links)
    window = Window.of(np.arange(400.0), names, values)
    found = trace(window, learn_normal(window.between(0, 300)), graph, None, (), 300, None)
    first = found.causes[0]
    assert (first.node, first.unit, first.onset_s) == ("BOILER", "BOILER", None)
    assert first.explanation.supports[0].reason is Reason.NOT_MEASURED
    assert found.units[0].unit == "BOILER"


def test_a_unit_without_readings_stands_back_when_only_one_of_many_moves() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (400, 6))
    values[340:, 0] += 7.0
    names = [f"F{i}" for i in range(6)]
    graph = PlantGraph([Node("BOILER", NodeKind.UNIT), *(Node(n) for n in names)], [Link("BOILER", n) for n in names])
    window = Window.of(np.arange(400.0), names, values)
    found = trace(window, learn_normal(window.between(0, 300)), graph, None, (), 300, None)
    assert found.causes[0].node == "F0"


@pytest.mark.parametrize("seed", range(4))
def test_a_valve_that_a_controller_moves_does_not_outrank_what_it_makes_up_for(seed: int) -> None:
    """Feed temperature falls; the controller holds the vessel's temperature by the steam valve, which moves most."""
    rng = np.random.default_rng(seed)
    rows, feed, vessel, valve = 600, np.zeros(600), np.zeros(600), np.zeros(600)
    total = 0.0
    for row in range(1, rows):
        feed[row] = 0.7 * feed[row - 1] + rng.normal(0, 0.5) - 1.5 * (row >= 450)
        vessel[row] = 0.6 * vessel[row - 1] + 0.5 * feed[row - 1] + 0.4 * valve[row - 1] + rng.normal(0, 0.3)
        total += 0.1 * vessel[row]
        valve[row] = -0.5 * vessel[row] - total
    graph = PlantGraph(
        [Node("feed"), Node("vessel"), Node("valve", NodeKind.ACTUATOR)],
        [Link("feed", "vessel"), Link("valve", "vessel"), Link("vessel", "valve", LinkKind.CONTROL)],
    )
    window = Window.of(np.arange(float(rows)), ["feed", "vessel", "valve"], np.column_stack([feed, vessel, valve]))
    found = trace(window, learn_normal(window.between(0, 400)), graph, None, (), 400)
    order = _order(found)
    assert order.index("feed") < order.index("valve")
