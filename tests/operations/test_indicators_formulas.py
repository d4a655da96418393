"""Values, intervals, windows and contributions, each against what was worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.operations.indicators.contributing import parts, slow_parts, weightiest
from backend.operations.indicators.figures import (
    Guard,
    Sums,
    duration,
    effect,
    mean_score,
    median_interval,
    share,
    wilson,
)
from backend.operations.indicators.registry import INDICATORS, MEASURES, Better
from backend.operations.indicators.windows import PERIODS, Change, Window, days_to_count, runs, steps, window_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_nothing_to_count_is_no_data_and_never_a_percentage() -> None:
    assert share(Sums()).value is None
    assert share(Sums()).guard == Guard.NONE
    assert duration(Sums(3, 0, 3)).value is None
    assert effect(Sums(4, 5, 12), Sums()).value is None


def test_nine_of_twelve_is_three_quarters_with_wilsons_interval_and_few() -> None:
    found = share(Sums(12, 9, 12))
    assert (found.value, found.n, found.guard) == (0.75, 12, Guard.FEW)
    assert (found.low, found.high) == (pytest.approx(0.4677, abs=1e-4), pytest.approx(0.9111, abs=1e-4))
    assert share(Sums(20, 19, 20)).guard == Guard.OK


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_lies_within_nought_and_one(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


def test_the_median_of_what_is_over_with_its_ninety_percent_and_interval() -> None:
    minutes = [2.0, 3, 4, 5, 6, 7, 8, 9, 10, 60]
    found = duration(Sums(12, 10, 12, [m * 60 for m in minutes]))
    assert (found.value, found.n, found.base) == (390.0, 10, 12)
    assert found.p90 == pytest.approx((10 + 0.1 * 50) * 60)  # place 8.1 of 0 … 9
    assert (found.low, found.high) == (180.0, 600.0)  # second and ninth of ten: 97.9 %
    assert median_interval([1.0] * 5) == (None, None)


def test_training_is_what_changed_less_what_changed_without() -> None:
    found = effect(Sums(4, counted=5, base=12), Sums(5, counted=9, base=10))
    assert found.value == pytest.approx(-1.55)
    assert found.n == 4


def test_scores_are_averaged_and_counted_as_so_many() -> None:
    found = mean_score(Sums(2, counted=8_379 + 10_000, base=20_000))
    assert (found.value, found.n) == (pytest.approx(0.91895), 2)
    assert mean_score(Sums()).value is None


def test_who_makes_up_most_of_the_gap_is_named_and_a_small_one_is_not() -> None:
    areas = {1: Sums(40, 28, 40), 2: Sums(40, 39, 40), 3: Sums(3, 0, 3), 0: Sums(90, 0, 90)}
    found = parts("area", {1: areas[1], 2: areas[2]}, Better.MORE, 0.98)
    assert (found[0].member_id, found[0].misses, found[0].of) == (1, 12, 40)
    assert found[0].excess == pytest.approx(11.2)
    assert found[0].share == pytest.approx(11.2 / 11.4)
    assert weightiest({"area": found}) == found[0]
    assert weightiest({"area": parts("area", {3: areas[3], 2: areas[2]}, Better.MORE, 0.98)}) is None
    assert weightiest({"area": parts("area", {1: areas[1]}, Better.MORE, 0.98)}) is None


def test_where_less_is_better_what_counts_is_what_is_bad() -> None:
    (first, second) = parts("team", {1: Sums(20, 1, 20), 2: Sums(20, 6, 20)}, Better.LESS, 0.05)
    assert (first.member_id, first.misses, first.excess, second.excess) == (2, 6, 5.0, 0.0)
    slow = slow_parts("post", {1: Sums(4, 4, 4, [10, 20, 900, 900]), 2: Sums(4, 3, 4, [900.0] * 3)}, 300)
    assert [(one.member_id, one.misses, one.excess) for one in slow] == [(2, 4, 2.0), (1, 2, 0.0)]


@given(
    st.dictionaries(st.integers(1, 9), st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1),
    st.floats(0, 1),
    st.sampled_from(Better),
)
def test_the_shares_of_a_gap_are_the_whole_of_it(
    numbers: dict[int, tuple[int, int]], target: float, better: Better
) -> None:
    members = {id_: Sums(max(pair), min(pair), max(pair)) for id_, pair in numbers.items()}
    shares = [one.share for one in parts("area", members, better, target)]
    assert all(one >= 0 for one in shares)
    assert sum(shares) == pytest.approx(1) or not any(shares)


def test_a_window_begins_and_ends_at_the_sites_midnight() -> None:
    window = window_of("30d", date(2026, 11, 27))
    assert (window.first, window.until, window.days) == (date(2026, 10, 29), date(2026, 11, 28), 30)
    assert window.bounds(SHANGHAI)[1] == datetime(2026, 11, 27, 16, tzinfo=UTC)
    assert window_of("quarter", date(2026, 11, 27)).first == date(2026, 10, 1)
    assert window.before == Window(date(2026, 9, 29), date(2026, 10, 29))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(sorted(PERIODS)))
def test_the_steps_of_a_trend_are_the_window_without_gaps(today: date, period: str) -> None:
    window = window_of(period, today)
    cut = steps(window)
    assert (cut[0].first, cut[-1].until) == (window.first, window.until)
    assert all(one.until == two.first for one, two in pairwise(cut))
    assert len(cut) <= 31


def test_what_changed_and_what_the_clock_brings_is_counted_anew_and_nothing_else() -> None:
    noon = datetime(2026, 11, 27, 4, tzinfo=UTC)
    then = datetime(2026, 11, 20, 15, 45, tzinfo=UTC)  # 23:45 in Shanghai
    ninety = timedelta(days=90)

    def days(measure: str, *changes: Change) -> set[date] | None:
        return days_to_count(MEASURES[measure], changes, noon, noon, SHANGHAI, ninety)

    assert days("checked") == {date(2026, 11, 27)}
    assert days("checked", Change("visit", then)) == {date(2026, 11, 27), date(2026, 11, 20)}
    assert days("checked", Change("alarm", then)) == {date(2026, 11, 27)}
    assert days("unjudged") == {date(2026, 11, 24)}
    assert days("recurred", Change("rectification", then - ninety)) == {date(2026, 11, 27), date(2026, 11, 20)}
    assert days("checked", Change("plant", None)) is None
    assert runs([date(2026, 1, 3), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 9)]) == [
        (date(2026, 1, 1), date(2026, 1, 4)),
        (date(2026, 1, 9), date(2026, 1, 10)),
    ]


def test_every_indicator_is_made_of_measures_that_there_are() -> None:
    named = {code for one in INDICATORS.values() for code in (one.measure, *one.beside)}
    assert named == set(MEASURES)
