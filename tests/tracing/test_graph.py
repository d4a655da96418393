"""The plant graph."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.engine import Link, LinkKind, Node, NodeKind, PlantGraph
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


NAMES = st.sampled_from([f"n{n}" for n in range(9)])
LINKS = st.lists(
    st.builds(
        Link,
        NAMES,
        NAMES,
        st.sampled_from(list(LinkKind)),
        st.none() | st.floats(0, 100),
        st.none() | st.floats(0, 1),
    ),
    max_size=25,
)
"""Any drawing: circles, islands, a link twice, a link to itself, a share of nothing and of all."""


@given(LINKS, NAMES)
def test_all_that_links_lead_to_is_reached_and_nothing_else(links: list[Link], source: str) -> None:
    graph = PlantGraph([Node("n0"), Node("alone")], links)
    found = graph.downstream([source, "nobody knows this"])
    expected = {source} & {node.id for node in graph.nodes()}
    edge = set(expected)
    while edge:
        edge = {link.target for link in links if link.source in edge} - expected
        expected |= edge
    assert found.keys() == expected
    assert "alone" not in found


@given(LINKS, NAMES)
def test_what_gets_through_falls_along_the_way_and_never_grows(links: list[Link], source: str) -> None:
    graph = PlantGraph([Node("n0")], links)
    tree = graph.spread([source])
    for number in range(len(graph)):
        way = tree.way(number) if tree.strength[number] > 0 else []
        shares = [float(tree.strength[step]) for step in way]
        assert shares == sorted(shares, reverse=True)
        drawn = {(link.source, link.target) for link in links}
        assert all((graph.names[a], graph.names[b]) in drawn for a, b in pairwise(way))
    assert ((tree.strength >= 0) & (tree.strength <= 1)).all()


@given(LINKS, NAMES, NAMES)
def test_a_path_leads_from_its_source_to_its_target_along_links(links: list[Link], source: str, target: str) -> None:
    graph = PlantGraph([], links)
    path = graph.path(source, target)
    assert bool(path) == (source != target and target in graph.downstream([source]))
    if path:
        assert (path[0], path[-1]) == (source, target) and len(set(path)) == len(path)
        assert all(b in graph.children(a) for a, b in pairwise(path))


@given(LINKS, NAMES, NAMES)
def test_a_further_link_never_makes_a_way_weaker(links: list[Link], source: str, target: str) -> None:
    before = PlantGraph([], links).downstream([source])
    after = PlantGraph([], [*links, Link(source, target, strength=0.5)]).downstream([source])
    assert all(after[name].strength >= reach.strength - 1e-6 for name, reach in before.items())


def test_signals_carry_further_than_people_and_a_link_may_say_otherwise() -> None:
    links = [Link("a", kind.value, kind) for kind in LinkKind] + [Link("a", "own", LinkKind.PEOPLE, strength=0.95)]
    share = {name: reach.strength for name, reach in PlantGraph([], links).downstream(["a"]).items()}
    assert share["control"] > share["energy"] > share["air"] > share["people"]
    assert share["own"] == pytest.approx(0.95, abs=1e-4)


def test_learned_delays_take_the_place_of_drawn_ones() -> None:
    graph = chain_graph(3, delay_s=30.0).with_delays({("P0", "P1"): 5.0, ("gone", "P1"): 1.0})
    assert graph.downstream(["P0"])["P2"].delay_s == 35.0


def test_no_nodes_and_no_links_are_a_plant_too() -> None:
    assert PlantGraph().downstream(["a"]) == {} and PlantGraph().path("a", "b") == ()
    assert list(PlantGraph([Node("a")]).downstream(["a"])) == ["a"]
