"""Where a disturbance goes from here, and when it arrives."""

import pytest

from backend.tracing.engine import Normal, PlantGraph, impact
from tests.tracing.synthetic import STEP_S, chain, chain_graph, learned

DELAYS = (3, 4, 30)


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
    reached = {item.node: item for item in impact(window, normal, chain_graph(4, delay_s=40.0), ["P0"])}
    assert reached["P1"].moving and reached["P1"].arrival_s < 0
    assert reached["P1"].arrival_s == pytest.approx((103 - 124) * STEP_S, abs=4 * STEP_S)
    assert not reached["P3"].moving and reached["P3"].arrival_s == pytest.approx(120.0)


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
