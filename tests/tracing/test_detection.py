"""Early warning: quiet in normal work at the rate that was asked for, awake when something changes."""

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
    limits = [normal.limit(rate) for rate in (0.2, 0.05, 0.01, 0.001, 1e-6)]
    assert limits == sorted(limits) and len(set(limits)) == 5


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


def test_a_switch_that_never_moved_alarms_once_its_new_state_has_lasted_but_not_for_a_pulse() -> None:
    rng = np.random.default_rng(4)
    rows = np.column_stack([rng.normal(0, 1, 400), np.zeros(400)])
    normal = learn_normal(Window.of(np.arange(400.0), ["noise", "switch"], rows))
    later = np.column_stack([rng.normal(0, 1, 200), np.zeros(200)])
    later[50:55, 1] = 1.0
    later[150:, 1] = 1.0
    alarms = detect(Window.of(np.arange(200.0), ["noise", "switch"], later), normal, 1e-6).alarms
    assert not alarms[:150].any() and alarms[-20:].all()


@pytest.mark.parametrize("rows", [0, 1, 2, 4])
def test_from_hardly_any_rows_nothing_is_learned_and_nothing_alarms(rows: int) -> None:
    normal = learn_normal(chain(DELAYS, rows=max(rows, 1), seed=2).between(0, rows))
    assert not detect(chain(DELAYS, rows=50, fault_at=10, seed=3), normal).alarms.any()
