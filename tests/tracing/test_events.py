"""Naming the switch behind a plant alarm where nobody has drawn the plant."""

import numpy as np
import pytest

from backend.tracing.engine import PlantGraph, TraceResult, Window, learn_normal, trace

ROWS, NORMAL, ALARM = 400, 240, 330
CYCLE = 30


def _machine(seed: int) -> dict[str, np.ndarray]:
    """A clamp that opens and closes every ``CYCLE`` rows, give or take, with its two limit switches one and two rows
    later; a counter; a toggling lamp; a guard contact that is always closed."""
    rng = np.random.default_rng(seed)
    command = np.zeros(ROWS)
    row = 10
    while row < ROWS:
        command[row:] = 1 - command[row]
        row += CYCLE + int(rng.integers(-5, 6))
    late = lambda signal, rows: np.concatenate([np.full(rows, signal[0]), signal[:-rows]])  # noqa: E731
    return {
        "counter": np.arange(ROWS) * 3.0,
        "lamp": (rng.random(ROWS) < 0.1).cumsum() % 2.0,
        "command": command,
        "is_open": late(command, 1),
        "is_shut": 1 - late(command, 2),
        "guard": np.ones(ROWS),
        "noise": rng.normal(0, 1, ROWS),
        "alarm": np.zeros(ROWS),
        "siren": np.zeros(ROWS),
    }


def _traced(signals: dict[str, np.ndarray]) -> TraceResult:
    window = Window.of(np.arange(float(ROWS)), [*signals], np.column_stack([*signals.values()]))
    return trace(window, learn_normal(window.between(0, NORMAL)), PlantGraph(), None, ["alarm"], NORMAL, None)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("before", [0, 1, 8])
def test_a_guard_that_opens_is_named_before_the_siren_that_answers(seed: int, before: int) -> None:
    signals = _machine(seed)
    signals["guard"][ALARM - before :] = 0
    signals["alarm"][ALARM:] = signals["siren"][ALARM:] = 1
    found = _traced(signals)
    assert found.causes[0].node == "guard"
    assert found.causes[0].probability > 0.4


@pytest.mark.parametrize("seed", range(5))
def test_a_limit_switch_that_does_not_follow_its_partners_is_named(seed: int) -> None:
    signals = _machine(seed)
    turned = int(np.flatnonzero(np.diff(signals["command"][: ALARM - 8]))[-1]) + 1
    signals["is_open"][turned:] = signals["is_open"][turned - 1]
    signals["alarm"][turned + 8 :] = 1
    assert _traced(signals).causes[0].node == "is_open"


def test_what_changes_all_the_time_is_no_cause() -> None:
    signals = _machine(1)
    signals["guard"][ALARM - 4 :] = 0
    signals["alarm"][ALARM:] = 1
    said = {cause.node: cause.probability for cause in _traced(signals).causes}
    assert said["guard"] == max(said.values())
    assert "alarm" not in said
    assert max(said["counter"], said["lamp"]) < said["guard"] / 10


def test_an_alarm_that_came_and_went_still_has_its_cause() -> None:
    signals = _machine(2)
    signals["guard"][ALARM : ALARM + 20] = 0
    signals["alarm"][ALARM + 2 : ALARM + 20] = 1
    assert _traced(signals).causes[0].node == "guard"


def test_a_flood_of_alarms_is_answered_by_the_latest() -> None:
    signals = {f"guard{n}": np.where(np.arange(ROWS) < ALARM + n, 1.0, 0.0) for n in range(30)}
    alarms = {f"alarm{n}": np.where(np.arange(ROWS) < ALARM + n + 1, 0.0, 1.0) for n in range(30)}
    both = signals | alarms
    window = Window.of(np.arange(float(ROWS)), [*both], np.column_stack([*both.values()]))
    found = trace(window, learn_normal(window.between(0, NORMAL)), PlantGraph(), None, [*alarms], NORMAL)
    assert {cause.node for cause in found.causes[:3]} <= {f"guard{n}" for n in range(20, 30)}
