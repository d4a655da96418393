"""The plant graph."""

import pytest

from backend.tracing.engine import Link, Node, NodeKind, PlantGraph
from tests.tracing.synthetic import chain_graph


def test_steps_and_delays_add_up_along_the_way() -> None:
    reach = chain_graph(4, delay_s=30.0).downstream(["P0"])
    assert [(reach[f"P{i}"].steps, reach[f"P{i}"].delay_s) for i in range(4)] == [(0, 0), (1, 30), (2, 60), (3, 90)]
    assert "BY" not in reach


def test_upstream_is_downstream_seen_from_the_other_end() -> None:
    graph = chain_graph(4)
    for source in ("P0", "P1", "P2"):
        for target, reach in graph.downstream([source]).items():
            assert graph.upstream([target])[source] == reach


def test_points_of_one_unit_hang_together_by_a_longer_way() -> None:
    graph = PlantGraph([Node("a", unit="U"), Node("b", unit="U")], [])
    assert graph.path("a", "b") == ("a", "U", "b")
    assert graph.downstream(["a"])["b"].steps == 3


def test_the_measured_parents_of_a_point_are_found_through_nodes_nobody_measures() -> None:
    graph = PlantGraph([Node("dark", NodeKind.UNIT)], [Link("a", "dark"), Link("dark", "b"), Link("b", "c")])
    assert graph.measured_parents(["a", "b", "c"]) == {"a": (), "b": ("a",), "c": ("b",)}


def test_a_circle_does_not_go_round_for_ever() -> None:
    graph = PlantGraph([], [Link("a", "b"), Link("b", "a"), Link("b", "b")])
    assert graph.path("a", "b") == ("a", "b")
    assert graph.measured_parents(["a", "b"]) == {"a": ("b",), "b": ("a",)}


@pytest.mark.parametrize("topology", [{"edges": [{"from": "a"}]}, {"nodes": ["a"]}, {"nodes": 5}])
def test_a_malformed_topology_is_named_as_such(topology: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="topology"):
        PlantGraph.from_topology(topology)
