"""A source's score: four factors, each a numerator and its denominator. By hand, and for whatever comes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.telemetry.quality.counting import marks_between
from backend.telemetry.quality.measuring import (
    Factor,
    Norm,
    expected,
    factors_of,
    hours,
    hours_between,
    most_of_hour,
    score,
)

SUMS = {
    "stored": 100,
    "on_time": 95,
    "expected": 100,
    "got": 90,
    "checked": 110,
    "valid": 110,
    "received": 200,
    "single": 196,
}


def test_the_score_is_the_product_of_the_four_factors() -> None:
    assert score(factors_of(SUMS)) == pytest.approx(0.95 * 0.90 * 1 * 0.98)


def test_a_factor_without_a_denominator_says_nothing_and_is_left_out() -> None:
    assert score(factors_of({**SUMS, "expected": 0, "got": 0})) == pytest.approx(0.95 * 0.98)


def test_nothing_of_nothing_is_no_score() -> None:
    assert score(factors_of(dict.fromkeys(SUMS, 0))) is None


def test_a_source_that_fell_silent_scores_nought() -> None:
    assert score(factors_of({**dict.fromkeys(SUMS, 0), "expected": 480})) == 0.0


@pytest.mark.parametrize(
    ("seconds", "every", "due", "most"), [(3600, 10.0, 360, 361), (3600, 180.0, 20, 21), (3600, 7.0, 514, 515)]
)
def test_what_is_due_in_an_hour(seconds: int, every: float, due: int, most: int) -> None:
    assert expected(seconds, every) == due
    assert most_of_hour(seconds, every) == most


def test_a_value_in_two_hours_is_due_twelve_times_a_day_and_nobody_said_is_never() -> None:
    assert expected(86_400, 7200) == 12
    assert expected(86_400, None) == 0


@pytest.mark.parametrize(
    ("zone", "day", "how_many"),
    [
        ("Asia/Shanghai", date(2026, 11, 24), 24),
        ("Asia/Kolkata", date(2026, 11, 24), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
    ],
)
def test_the_hours_of_a_day_fill_it_without_gap_or_overlap(zone: str, day: date, how_many: int) -> None:
    found = list(hours(day, ZoneInfo(zone)))
    assert len(found) == how_many
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[0][0].astimezone(ZoneInfo(zone)).hour == 0


def test_only_hours_that_are_over_are_given() -> None:
    since = datetime(2026, 11, 24, 15, tzinfo=UTC)
    found = list(hours_between(since, since + timedelta(minutes=119), ZoneInfo("Asia/Shanghai")))
    assert found == [(date(2026, 11, 24), since, since + timedelta(hours=1))]


def test_quiet_days_expect_nothing() -> None:
    norm = Norm(quiet_weekdays=(7,), quiet_days=("2026-10-01",))
    assert norm.quiet(date(2026, 11, 29))
    assert norm.quiet(date(2026, 10, 1))
    assert not norm.quiet(date(2026, 11, 28))


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=4, max_size=4))
def test_a_score_lies_between_nought_and_its_worst_factor(pairs: list[tuple[int, int]]) -> None:
    factors = tuple(Factor("on_time", min(pair), max(pair)) for pair in pairs)
    found = score(factors)
    shares = [one.share for one in factors if one.share is not None]
    assert found is None if not shares else found is not None and 0 <= found <= min(shares) + 1e-12


@given(
    st.integers(0, 2 * 86_400).map(lambda s: datetime(2026, 3, 28, tzinfo=UTC) + timedelta(seconds=s)),
    st.timedeltas(timedelta(seconds=1), timedelta(hours=30)),
)
def test_every_moment_of_a_period_is_marked(since: datetime, lasts: timedelta) -> None:
    marks = marks_between(since, since + lasts)
    assert marks[0] <= since
    assert marks[-1] < since + lasts <= marks[-1] + timedelta(hours=1)
