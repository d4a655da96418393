"""Readings as the engine takes them: any order, gaps, doubled moments, absurd values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.engine import Window, WindowError
from backend.tracing.engine.window import LIMIT, carried_forward

_times = st.lists(st.integers(0, 50), max_size=30)


@given(_times)
def test_rows_come_in_order_of_time_and_of_equal_moments_the_last_one_stays(times: list[int]) -> None:
    window = Window.of(times, ["n"], list(range(len(times))))
    last = {time: number for number, time in enumerate(times)}
    assert window.times_s.tolist() == sorted(last)
    assert window.values[:, 0].tolist() == [last[time] for time in sorted(last)]


def test_an_infinite_value_is_a_gap_and_an_absurd_one_is_cut() -> None:
    window = Window.of([0, 1, 2, 3], ["p"], [np.inf, -np.inf, 1e300, 5.0])
    assert np.isnan(window.values[:2, 0]).all()
    assert window.values[2:, 0].tolist() == [LIMIT, 5.0]


def test_a_gap_is_filled_with_the_last_reading_and_before_the_first_with_what_is_usual() -> None:
    values = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan], [3.0, 4.0]])
    filled = carried_forward(values, np.array([9.0, 8.0]))
    assert filled.tolist() == [[9.0, 1.0], [2.0, 1.0], [2.0, 1.0], [3.0, 4.0]]


def test_points_asked_for_come_in_that_order_and_a_missing_one_is_all_gaps() -> None:
    window = Window.of([0, 1], ["a", "b"], [[1, 2], [3, 4]]).arranged(["b", "nobody", "a"])
    assert window.points == ("b", "nobody", "a")
    assert window.values[:, 0].tolist() == [2, 4]
    assert np.isnan(window.values[:, 1]).all()


@pytest.mark.parametrize(("points", "columns"), [(["a", "a"], 2), (["a"], 2)])
def test_a_point_that_stands_twice_or_has_no_column_is_refused(points: list[str], columns: int) -> None:
    with pytest.raises((WindowError, ValueError)):
        Window.of([0.0, 1.0, 2.0], points, np.zeros((3, columns)))


def test_the_usual_step_is_not_disturbed_by_one_long_pause() -> None:
    assert Window.of([0, 10, 20, 5000, 5010], ["p"], np.zeros(5)).step_s == 10
    assert Window.of([], ["p"], np.zeros((0, 1))).step_s == 1
