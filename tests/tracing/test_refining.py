"""When a trace is made anew: soon on a fast plant, by rows on a slow one, and not for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.refining import LONGEST, STEPS, next_refinement

RAISED = datetime(2026, 11, 26, 12, tzinfo=UTC)


def schedule(step_s: float, *, standing: bool = True) -> list[float]:
    """Seconds after the alarm at which its trace is made anew."""
    made, found = RAISED, []
    while (due := next_refinement(RAISED, made, step_s, standing=standing)) is not None:
        found.append((due - RAISED).total_seconds())
        made = due
    return found


def test_a_plant_of_a_row_a_second_is_looked_at_again_after_seconds() -> None:
    assert schedule(1.0) == [10, 60, 180, 600]


def test_a_plant_of_a_row_in_three_minutes_is_given_the_rows_the_engine_needs() -> None:
    assert schedule(180.0) == [900, 10_800, 21_600, 36_000]


@given(st.floats(0.1, 3600))
def test_it_ends_and_never_goes_back(step_s: float) -> None:
    moments = schedule(step_s)
    assert len(moments) <= len(STEPS)
    assert moments == sorted(set(moments))
    assert all(seconds <= LONGEST.total_seconds() for seconds in moments)


def test_an_alarm_that_comes_again_is_looked_at_again_and_not_at_once() -> None:
    again = RAISED + timedelta(hours=5)
    due = next_refinement(again, again + timedelta(seconds=0.2), 1.0)
    assert due == again + timedelta(seconds=10)


def test_an_alarm_that_has_returned_is_looked_at_twice_more() -> None:
    assert schedule(1.0, standing=False) == [10, 60]
