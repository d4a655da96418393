"""What switches did before tells which alarm they will set off when they fail."""

import numpy as np
import pytest

from backend.tracing.engine import Link, Node, NodeKind, PlantGraph, Window, impact, learn_normal

ROWS = 400
LINKS = [
    *(Link(end, alarm) for end in ("A", "B") for alarm in ("nowhere", "both")),
    *(Link(command, other) for command, end in (("to_a", "A"), ("to_b", "B")) for other in (end, "nowhere")),
]
ALARMS = {"both", "nowhere"}
NODES = [Node(name, NodeKind.ALARM if name in ALARMS else NodeKind.SENSOR, "U") for name in ("A", "B", *sorted(ALARMS))]
PLANT = PlantGraph(NODES, LINKS)


def carriage(seed: int = 3) -> Window:
    """A carriage that is at A or at B as commanded, at neither while it moves; it stands at B at the end. "nowhere"
    sounds when it doesn't arrive, "both" when it says to be at two places; neither ever has."""
    to_a = np.repeat(np.random.default_rng(seed).permuted(np.arange(40) % 2), ROWS // 40)
    to_a[-10:] = 0
    moving = np.append(False, to_a[1:] != to_a[:-1]) | np.append([False, False], to_a[2:] != to_a[:-2])
    columns = [to_a * ~moving, (1 - to_a) * ~moving, np.zeros(ROWS), np.zeros(ROWS), to_a, 1 - to_a]
    names = ["A", "B", "both", "nowhere", "to_a", "to_b"]
    return Window.of(np.arange(ROWS, dtype=float), names, np.stack(columns, 1).astype(float))


@pytest.mark.parametrize(("failing", "alarm"), [("A", "both"), ("B", "nowhere")])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 3, 1, 2, 0, 4)])
def test_a_failing_switch_sets_off_the_alarm_whose_combination_would_be_new(
    failing: str, alarm: str, order: tuple[int, ...]
) -> None:
    window = carriage()
    window = Window(window.times_s, tuple(window.points[n] for n in order), window.values[:, list(order)])
    reached = impact(window, learn_normal(window), PLANT, [failing], fault_free_rows=ROWS)
    alarms = [item for item in reached if item.node in ALARMS]
    assert alarms[0].node == alarm and alarms[0].score > alarms[1].score


def test_a_switch_that_has_gone_over_already_is_not_turned_back() -> None:
    window = carriage()
    values = window.values.copy()
    values[-4:, 0] = 1.0  # says A, though it stands at B
    after = Window(window.times_s, window.points, values)
    normal = learn_normal(window.between(0, ROWS - 20))
    reached = impact(after, normal, PLANT, ["A"], fault_free_rows=ROWS - 20)
    assert next(item.node for item in reached if item.node in ALARMS) == "both"


def test_an_alarm_hears_what_is_drawn_to_it_and_not_what_else_happens_in_its_unit() -> None:
    graph = PlantGraph([*NODES, Node("C", NodeKind.SENSOR, "U"), Node("undrawn", NodeKind.ALARM, "U")], LINKS)
    found = graph.downstream(["C"])
    assert "undrawn" in found and found["both"].steps > found["undrawn"].steps
