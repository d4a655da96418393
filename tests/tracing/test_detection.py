"""Early warning: quiet in normal work at the rate that was asked for, awake when something changes."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.tracing.engine import Detector, Normal, Window, detect, learn_normal
from tests.tracing.synthetic import chain, learned, with_gaps

DELAYS = (2, 3, 1)


@pytest.fixture(scope="module")
def normal() -> Normal:
    return learned(DELAYS)


@pytest.mark.parametrize("rate", [0.05, 0.01, 0.001])
def test_normal_rows_it_never_saw_alarm_no_more_often_than_asked(normal: Normal, rate: float) -> None:
    rows = np.concatenate([detect(chain(DELAYS, rows=2000, seed=s), normal, rate).alarms for s in range(10, 15)])
    assert rows.mean() <= 1.5 * rate


def test_a_rarer_false_alarm_is_a_higher_limit(normal: Normal) -> None:
    limits = np.array([normal.limits(rate) for rate in (0.2, 0.05, 0.01, 0.001, 1e-6)])
    assert (np.diff(limits, axis=0) > 0).all()


def test_a_pushed_point_alarms_and_keeps_alarming_and_nothing_before_did(normal: Normal) -> None:
    found = detect(chain(DELAYS, rows=300, fault_at=150, seed=3), normal, 0.001)
    assert not found.alarms[:150].any()
    assert found.alarms[150:155].any() and found.alarms[155:].mean() > 0.9


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 199), st.integers(0, 2**16))
def test_an_alarm_never_rests_on_later_rows(cut: int, seed: int) -> None:
    normal = learned(DELAYS)
    window = chain(DELAYS, rows=200, fault_at=90, seed=seed)
    whole, begun = detect(window, normal), detect(window.between(0, cut), normal)
    assert np.allclose(whole.scores[:cut], begun.scores)
    assert (whole.alarms[:cut] == begun.alarms).all()


def test_row_by_row_gives_what_the_whole_window_gives_gaps_included(normal: Normal) -> None:
    window = with_gaps(chain(DELAYS, rows=250, fault_at=120, seed=8), 0.2)
    detector = Detector(normal)
    stepped = [detector.step(row) for row in window.values]
    whole = detect(window, normal)
    assert np.allclose([s.value for s in stepped], whole.scores)
    assert [s.alarm for s in stepped] == whole.alarms.tolist()


def test_a_stored_normal_judges_as_the_one_it_was_made_from(normal: Normal) -> None:
    window = chain(DELAYS, rows=120, fault_at=60, seed=21)
    again = Normal.from_dict(normal.to_dict())
    assert np.allclose(detect(window, again).scores, detect(window, normal).scores, rtol=1e-4)
    with pytest.raises(ValueError, match="format"):
        Normal.from_dict(normal.to_dict() | {"format": 0})


def _with_switch(states: np.ndarray, seed: int) -> Window:
    noise = np.random.default_rng(seed).normal(0, 1, len(states))
    return Window.of(np.arange(float(len(states))), ["noise", "switch"], np.column_stack([noise, states]))


def test_a_state_never_seen_after_a_quiet_time_alarms_at_once_and_for_a_while_but_not_its_return() -> None:
    normal = learn_normal(_with_switch(np.zeros(400), 4))
    states = np.zeros(400)
    states[150:200] = states[300:320] = 1.0
    alarms = detect(_with_switch(states, 5), normal, 1e-6).alarms
    assert not alarms[:150].any() and alarms[150:200].all() and not alarms[200:].any()
    detector = Detector(normal, 1e-6)
    scores = [detector.step(row) for row in _with_switch(states, 5).values]
    assert {score.leader for score in scores if score.alarm} == {1}, "the switch is named"
    for_good = np.where(np.arange(400) < 100, 0.0, 1.0)
    alarms = detect(_with_switch(for_good, 5), normal, 1e-6).alarms
    assert alarms[100:199].all() and not alarms[200:].any(), "what stands for a quarter of the normal rows is known"


def test_while_a_machine_still_shows_new_sides_another_new_state_is_no_alarm() -> None:
    def rows(count: int, changes: dict[int, int]) -> Window:
        states = np.zeros((count, 12))
        for switch, row in changes.items():
            states[row:, switch] = 1.0
        names = [f"S{i}" for i in range(12)]
        return Window.of(np.arange(float(count)), names, states)

    normal = learn_normal(rows(200, {i: 20 + 22 * i for i in range(9)}))
    later = detect(rows(300, {**{i: 0 for i in range(9)}, 9: 10, 10: 40, 11: 290}), normal).alarms
    assert np.flatnonzero(later).tolist() == list(range(290, 300))


def test_a_point_that_wanders_in_normal_work_may_wander_on_but_not_jump_far_off() -> None:
    rng = np.random.default_rng(6)
    steady, ramp = rng.normal(0, 1, 900), np.linspace(0, 9, 900) + rng.normal(0, 0.2, 900)
    window = Window.of(np.arange(900.0), ["steady", "ramp"], np.column_stack([steady, ramp]))
    normal = learn_normal(window.between(0, 400))
    assert normal.wandering.tolist() == [0.0, 1.0]
    assert detect(window.between(400, 900), normal).alarms.mean() < 0.03
    window.values[800:, 1] += 60
    assert detect(window.between(400, 900), normal).alarms[-100:].all()


@pytest.mark.parametrize("rows", [0, 1, 2, 4])
def test_from_hardly_any_rows_nothing_is_learned_and_nothing_alarms(rows: int) -> None:
    normal = learn_normal(chain(DELAYS, rows=max(rows, 1), seed=2).between(0, rows))
    assert not detect(chain(DELAYS, rows=50, fault_at=10, seed=3), normal).alarms.any()


def test_a_normal_that_the_version_before_stored_is_still_read() -> None:
    stored = json.loads((Path(__file__).parent / "normal_format_1.json").read_text())
    rng = np.random.default_rng(12)
    rows = np.column_stack([rng.normal(5, 1, 300), rng.normal(-2, 0.5, 300), np.zeros(300)])
    rows[200:, 0] += 8
    window = Window.of(np.arange(300.0), stored["points"], rows)
    alarms = detect(window, Normal.from_dict(stored), 0.01).alarms
    assert alarms[:200].mean() < 0.03 and alarms[205:].all()


def test_a_normal_of_the_second_format_judges_as_it_did(normal: Normal) -> None:
    stored = normal.to_dict() | {"format": 2}
    del stored["inputs"], stored["until_s"], stored["joint"]["driven"], stored["arrays"]["longest"]
    window = chain(DELAYS, rows=200, fault_at=100, seed=9)
    quiet = 0.2  # below stand the runs of equal readings, which the second format doesn't know
    scores = np.maximum(detect(window, Normal.from_dict(stored)).scores, quiet)
    assert np.allclose(scores, np.maximum(detect(window, normal).scores, quiet), rtol=1e-4)


def test_after_a_great_disturbance_is_over_its_memory_does_not_go_on_alarming(normal: Normal) -> None:
    window = chain(DELAYS, rows=400, seed=17)
    window.values[100:150] += 30 * normal.scale
    alarms = detect(window, normal, 0.001).alarms
    assert alarms[100:150].all() and not alarms[165:].any()
