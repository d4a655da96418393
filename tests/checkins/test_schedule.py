"""Visits are due without gaps and without doubles, whatever the span one asks for."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.checkins.schedule import Cadence, Rhythm, make_up_until, windows, windows_from

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("UTC"), ZoneInfo("America/New_York")])
# Whole hours of the day, never the hour that a clock skips or repeats.
SHIFTS = st.sets(st.integers(4, 23), min_size=1, max_size=4).map(lambda hours: tuple(time(hour) for hour in hours))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CADENCES = st.builds(
    Cadence,
    st.sampled_from(Rhythm),
    ZONES,
    SHIFTS,
    st.integers(60, 3000).map(lambda minutes: timedelta(minutes=minutes)),
    MOMENTS,
)


@settings(deadline=None, max_examples=60)
@given(CADENCES, MOMENTS, st.integers(0, 40), st.integers(0, 40))
def test_spans_that_touch_give_what_the_whole_gives_and_windows_follow_each_other(
    cadence: Cadence, since: datetime, first: int, second: int
) -> None:
    middle = since + timedelta(days=first)
    until = middle + timedelta(days=second)
    whole = windows(cadence, since, until)
    assert windows(cadence, since, middle) + windows(cadence, middle, until) == whole
    assert all(before.closes == after.opens for before, after in pairwise(whole))
    assert all(since <= window.opens < until and window.opens < window.closes for window in whole)


@settings(deadline=None, max_examples=60)
@given(CADENCES, MOMENTS)
def test_who_plans_at_any_moment_is_asked_at_once_and_then_as_usual(cadence: Cadence, begins: datetime) -> None:
    until = begins + timedelta(days=3)
    first, *rest = [*windows_from(cadence, begins, until), None]
    if cadence.anchor is None or cadence.rhythm is not Rhythm.INTERVAL or cadence.anchor <= begins:
        assert first is not None and first.opens <= begins < first.closes
    assert [window for window in rest if window] == [w for w in windows(cadence, begins, until) if w != first]
    if first is not None:
        assert make_up_until(first) - first.closes == first.closes - first.opens


def test_a_night_shift_runs_over_midnight_on_the_sites_clock() -> None:
    cadence = Cadence(Rhythm.SHIFT, SHANGHAI, (time(20), time(8)))
    day = datetime(2026, 11, 26, tzinfo=SHANGHAI)
    due = windows(cadence, day, day + timedelta(days=1))
    assert [(window.opens.astimezone(SHANGHAI).hour, window.closes - window.opens) for window in due] == [
        (8, timedelta(hours=12)),
        (20, timedelta(hours=12)),
    ]


def test_nothing_is_due_on_a_holiday() -> None:
    cadence = Cadence(Rhythm.DAY, SHANGHAI, holidays=frozenset({date(2026, 10, 1)}))
    since = datetime(2026, 9, 30, tzinfo=SHANGHAI)
    due = windows(cadence, since, since + timedelta(days=3))
    assert [window.opens.astimezone(SHANGHAI).date().day for window in due] == [30, 2]


def test_a_rhythm_that_lacks_what_it_needs_is_refused() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    for rhythm in (Rhythm.SHIFT, Rhythm.INTERVAL):
        with pytest.raises(ValueError, match="needs"):
            windows(Cadence(rhythm, SHANGHAI), now, now + timedelta(days=1))
