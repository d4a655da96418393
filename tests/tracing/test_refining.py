"""When a trace is made anew: soon on a fast plant, by rows on a slow one, and not for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.tracing.refining import (
    FLOOD_PAUSE,
    LONGEST,
    SHORTEST_PAUSE,
    STEPS,
    flood_began,
    next_refinement,
    not_before,
)

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


@given(st.lists(st.floats(0, 3600), min_size=1, max_size=60))
def test_in_a_flood_pauses_grow_and_none_is_longer_than_five_minutes(offsets: list[float]) -> None:
    raised = [RAISED + timedelta(seconds=offset) for offset in offsets]
    began = flood_began(raised)
    assert began in raised and not any(began - FLOOD_PAUSE < at < began for at in raised)
    made, pauses = not_before(began, RAISED - timedelta(days=1)), []
    assert made == began, "the first answer waits for nothing"
    for _ in range(8):
        due = not_before(began, made)
        pauses.append(due - made)
        made = due
    assert pauses == sorted(pauses) and pauses[0] >= SHORTEST_PAUSE and pauses[-1] == FLOOD_PAUSE
