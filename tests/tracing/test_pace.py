"""On what grid a trace looks, and how it tells a quick motion from readings that come fast."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.pace import LONGEST_STEP_S, SHORTEST_STEP_S, Habit, pace_of


def test_the_learned_normal_sets_the_grid_whatever_the_first_alarm_s_point_does() -> None:
    assert pace_of([Habit(1.0), Habit(60.0), Habit(5.0)], 10.0).step_s == 10.0
    assert pace_of([], 30.0).step_s == 30.0


def test_without_a_normal_the_points_usual_distance_does() -> None:
    assert pace_of([Habit(2.0), Habit(2.0), Habit(60.0)], None).step_s == 2.0
    assert pace_of([], None).step_s == 10.0


def test_a_recording_in_quick_motion_shrinks_rows_and_delays() -> None:
    pace = pace_of([Habit(1.0, 180.0)] * 5, 180.0)
    assert (pace.step_s, pace.quickness) == (1.0, 180.0)


def test_readings_that_come_somewhat_sooner_than_said_are_no_quick_motion() -> None:
    assert pace_of([Habit(100.0, 180.0)], 180.0).quickness == 1.0
    assert pace_of([Habit(1.0, 180.0), Habit(180.0, 180.0), Habit(180.0, 180.0)], 180.0).quickness == 1.0


@given(
    st.lists(st.builds(Habit, st.floats(1e-3, 1e5), st.none() | st.floats(1e-3, 1e5))),
    st.none() | st.floats(1e-3, 1e5),
    st.floats(1.0, 1000.0),
)
def test_the_grid_is_sane_and_time_played_faster_makes_it_finer_by_as_much(
    habits: list[Habit], normal_s: float | None, speed: float
) -> None:
    pace = pace_of(habits, normal_s)
    assert SHORTEST_STEP_S <= pace.step_s <= LONGEST_STEP_S and pace.quickness >= 1.0
    if normal_s is None or pace.quickness == 1.0:
        return
    faster = pace_of([Habit(h.gap_s / speed, h.expected_s) for h in habits], normal_s)
    if faster.step_s > SHORTEST_STEP_S and pace.step_s < LONGEST_STEP_S:
        assert faster.step_s == pytest.approx(pace.step_s / speed, rel=1e-2)
