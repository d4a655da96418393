"""Control loops: the symptom itself may be the root, and a valve that opens to make up for it isn't."""

import numpy as np
import pytest

from backend.tracing.engine import Normal, Reason, TraceResult, learn_normal, trace
from backend.tracing.engine.compensation import followers
from backend.tracing.engine.deviation import deviations
from tests.tracing.loops import FAULT_AT, GRAPH, NORMAL_ROWS, ROWS, loop

KINDS = [(level, cascade) for level in (False, True) for cascade in (0.0, 0.3, 1.0)]


@pytest.fixture(scope="module")
def normals() -> dict[tuple[bool, float], Normal]:
    return {
        (level, cascade): learn_normal(loop("", level=level, cascade=cascade, seed=9, rows=NORMAL_ROWS))
        for level, cascade in KINDS
    }


def _traced(normal: Normal, fault: str, kind: tuple[bool, float], rows: int, target: str | None) -> TraceResult:
    level, cascade = kind
    window = loop(fault, level=level, cascade=cascade, seed=2).between(0, FAULT_AT + rows)
    return trace(window, normal, GRAPH, target, (), NORMAL_ROWS)


@pytest.mark.parametrize("target", ["held", "valve", "last", None])
@pytest.mark.parametrize("kind", KINDS)
def test_a_flow_or_level_that_fails_is_the_root_whichever_point_is_asked_about(
    normals: dict[tuple[bool, float], Normal], kind: tuple[bool, float], target: str | None
) -> None:
    for rows in (15, ROWS - FAULT_AT):
        first = _traced(normals[kind], "lost", kind, rows, target).causes[0]
        assert (first.node, rows) == ("held", rows)
        assert first.probability > 0.5


@pytest.mark.parametrize("target", ["held", "valve", "last"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_valve_that_goes_by_itself_is_the_root_and_what_it_holds_follows(
    normals: dict[tuple[bool, float], Normal], kind: tuple[bool, float], target: str
) -> None:
    first = _traced(normals[kind], "opened", kind, ROWS - FAULT_AT, target).causes[0]
    assert first.node == "valve"


def test_who_leads_is_not_told_to_compensate_and_who_answers_is(normals: dict[tuple[bool, float], Normal]) -> None:
    kind = (True, 0.3)
    for fault, compensates in (("lost", True), ("opened", False)):
        found = _traced(normals[kind], fault, kind, ROWS - FAULT_AT, "last")
        valve = next(cause for cause in found.causes if cause.node == "valve")
        assert (Reason.COMPENSATES in {e.reason for e in valve.explanation.against}) is compensates


def test_the_symptom_is_not_said_to_resemble_itself(normals: dict[tuple[bool, float], Normal]) -> None:
    found = _traced(normals[False, 1.0], "lost", (False, 1.0), 40, "held")
    assert found.causes[0].node == found.symptom == "held"
    assert Reason.RESEMBLES_SYMPTOM not in {e.reason for e in found.causes[0].explanation.supports}


def test_loops_that_hold_have_no_leader(normals: dict[tuple[bool, float], Normal]) -> None:

    normal = normals[False, 0.3]
    window = loop("", cascade=0.3, seed=4)
    found = deviations(window, normal, GRAPH.measured_parents(normal.points), NORMAL_ROWS)
    assert followers(normal, GRAPH, found) == []
    assert np.isfinite(found.early).all()
