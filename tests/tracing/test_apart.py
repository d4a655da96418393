"""Two faults at once are two causes, each with its own probability; one fault stays one."""

import numpy as np
import pytest

from backend.tracing.engine import Link, Node, Normal, PlantGraph, TraceResult, Window, learn_normal, trace
from tests.tracing.synthetic import chain

DELAYS = (3, 4)
NAMES = ("P0", "P1", "P2", "Q0", "Q1", "Q2")
LINKS = [Link("P0", "P1"), Link("P1", "P2"), Link("Q0", "Q1"), Link("Q1", "Q2")]
GRAPH = PlantGraph([Node(name, unit=f"U{name}") for name in NAMES], LINKS)
ROWS, BEGINS, NORMAL_ROWS = 500, 420, 400


def _plant(seed: int, *, p_at: int | None, q_at: int | None) -> Window:
    """Two chains beside one another, each pushed at its first point at a row, or never."""
    lines = [
        chain(DELAYS, rows=ROWS, fault_at=at, seed=seed + 50 * number).values[:, :3]
        for number, at in enumerate((p_at, q_at))
    ]
    return Window.of(np.arange(float(ROWS)), NAMES, np.column_stack(lines))


def _traced(seed: int, graph: PlantGraph = GRAPH, **begins: int | None) -> TraceResult:
    window = _plant(seed, **begins)  # type: ignore[arg-type]
    normal: Normal = learn_normal(window.between(0, NORMAL_ROWS))
    return trace(window, normal, graph, None, (), NORMAL_ROWS, None)


@pytest.mark.parametrize("later", [0, 15])
@pytest.mark.parametrize("seed", range(4))
def test_two_lines_that_fail_have_a_cause_each(seed: int, later: int) -> None:
    found = _traced(seed, p_at=BEGINS, q_at=BEGINS + later)
    first, second = found.causes[:2]
    assert {first.node, second.node} == {"P0", "Q0"}
    assert (first.disturbance, second.disturbance) == (0, 1)
    assert min(first.probability, second.probability) > 0.5
    for number in (0, 1):
        assert sum(c.probability for c in found.causes if c.disturbance == number) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_one_line_that_fails_is_one_disturbance(seed: int) -> None:
    found = _traced(seed, p_at=BEGINS, q_at=None)
    assert found.causes[0].node == "P0"
    assert {cause.disturbance for cause in found.causes} == {0}
    assert sum(cause.probability for cause in found.causes) + found.unknown == pytest.approx(1)


@pytest.mark.parametrize("missing", range(2))
def test_a_forgotten_link_makes_no_second_fault_of_what_went_together_before(missing: int) -> None:
    links = [link for number, link in enumerate(LINKS) if number != missing]
    graph = PlantGraph([Node(name, unit=f"U{name}") for name in NAMES], links)
    found = _traced(1, graph, p_at=BEGINS, q_at=None)
    assert {cause.disturbance for cause in found.causes} == {0}


@pytest.mark.parametrize("missing", range(2))
def test_without_rows_from_before_one_fault_is_told(missing: int) -> None:
    links = [link for number, link in enumerate(LINKS) if number != missing]
    graph = PlantGraph([Node(name, unit=f"U{name}") for name in NAMES], links)
    window = _plant(1, p_at=BEGINS, q_at=None)
    normal = learn_normal(window.between(0, NORMAL_ROWS))
    found = trace(window.between(BEGINS - 60, ROWS), normal, graph, None, (), 0, None)
    assert {cause.disturbance for cause in found.causes} == {0}
