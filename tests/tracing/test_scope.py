"""Where a disturbance goes from here, and when it arrives."""

import pytest

from backend.tracing.engine import Link, LinkKind, Normal, Outlook, PlantGraph, impact, learn_normal, reached_from
from tests.tracing.synthetic import STEP_S, chain, chain_graph, learned, permuted

DELAYS = (3, 4, 30)
TRULY_DRAWN = PlantGraph(
    chain_graph(4).nodes(),
    [Link(f"P{n}", f"P{n + 1}", LinkKind.MATERIAL, delay * STEP_S) for n, delay in enumerate(DELAYS)],
)


@pytest.fixture(scope="module")
def normal() -> Normal:
    return learned(DELAYS)


def test_all_downstream_is_in_scope_before_what_nothing_leads_to(normal: Normal) -> None:
    reached = impact(chain(DELAYS, rows=160, fault_at=100, seed=2), normal, chain_graph(4), ["P0"])
    order = [item.node for item in reached if not item.node.startswith("U")]
    assert set(order[:3]) == {"P1", "P2", "P3"} and order[3] == "BY"
    assert "P0" not in order


def test_what_moves_already_arrived_in_the_past_and_what_doesn_t_comes_later(normal: Normal) -> None:
    window = chain(DELAYS, rows=125, fault_at=100, seed=2)
    reached = {item.node: item for item in impact(window, normal, TRULY_DRAWN, ["P0"])}
    assert reached["P1"].moving and reached["P1"].arrival_s < 0
    assert reached["P1"].arrival_s == pytest.approx((103 - 124) * STEP_S, abs=4 * STEP_S)
    assert reached["P1"].direction == 1 and reached["P1"].by is LinkKind.MATERIAL
    coming = reached["P3"]
    assert not coming.moving
    assert 0 < coming.arrival_earliest_s < (137 - 124) * STEP_S < coming.arrival_latest_s


def test_what_should_be_there_by_the_plan_and_is_not_comes_later_than_now(normal: Normal) -> None:
    window = chain(DELAYS, rows=130, fault_at=100, seed=2)
    late = {item.node: item for item in impact(window, normal, chain_graph(4, delay_s=10.0), ["P0"])}["P3"]
    assert not late.moving and -4 * STEP_S <= late.arrival_earliest_s < late.arrival_s < late.arrival_latest_s


def test_what_is_not_moved_yet_but_will_be_by_the_learned_dynamics_stands_before_a_bystander(normal: Normal) -> None:
    window = chain(DELAYS, rows=106, fault_at=100, seed=2)
    scores = {item.node: item.score for item in impact(window, normal, PlantGraph(), ["P0"])}
    assert scores["P1"] > scores["BY"] and scores["P2"] > scores["BY"]


def test_many_sources_asked_of_one_outlook_get_the_answers_they_would_get_alone(normal: Normal) -> None:
    window = chain(DELAYS, rows=140, fault_at=100, seed=4)
    outlook = Outlook.of(window, normal)
    for source in ("P0", "P1", "U2"):
        assert reached_from(outlook, TRULY_DRAWN, [source]) == impact(window, normal, TRULY_DRAWN, [source])


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_the_order_of_columns_changes_nothing(normal: Normal, order: tuple[int, ...]) -> None:
    window = chain(DELAYS, rows=140, fault_at=100, seed=4)
    again = permuted(window, order)
    other = learn_normal(permuted(chain(DELAYS, rows=400, seed=99), order))
    one = {item.node: item.score for item in impact(window, normal, TRULY_DRAWN, ["P0"])}
    two = {item.node: item.score for item in impact(again, other, TRULY_DRAWN, ["P0"])}
    assert one == pytest.approx(two, abs=0.02)


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_a_window_of_hardly_any_rows_still_tells_what_lies_downstream(normal: Normal, rows: int) -> None:
    reached = impact(chain(DELAYS, rows=200).between(0, rows), normal, TRULY_DRAWN, ["P1"])
    assert {item.node for item in reached if item.path} >= {"P2", "P3"}


def test_an_arrival_lies_between_its_earliest_and_its_latest(normal: Normal) -> None:
    for item in impact(chain(DELAYS, rows=140, fault_at=100, seed=4), normal, chain_graph(4, delay_s=60.0), ["P0"]):
        assert item.arrival_earliest_s <= item.arrival_s <= item.arrival_latest_s
        assert 0 <= item.score <= 1


def test_a_path_leads_from_the_source_and_is_empty_where_there_is_no_way(normal: Normal) -> None:
    found = {item.node: item.path for item in impact(chain(DELAYS, rows=60), normal, chain_graph(4), ["P1"])}
    assert found["P3"] == ("P1", "P2", "P3")
    assert found["BY"] == ()
    assert found["P0"] == ()


def test_without_a_graph_what_moves_is_the_scope(normal: Normal) -> None:
    reached = impact(chain(DELAYS, rows=200, fault_at=100, seed=2), normal, PlantGraph(), ["P0"])
    assert {item.node for item in reached[:3]} == {"P1", "P2", "P3"}
    assert reached[0].moving


def test_a_unit_may_be_the_source(normal: Normal) -> None:
    reached = {item.node: item for item in impact(chain(DELAYS, rows=60), normal, chain_graph(4), ["U1"])}
    assert reached["P2"].path == ("U1", "P1", "P2")
