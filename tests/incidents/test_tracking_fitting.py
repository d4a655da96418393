"""What leaks by the detectors, and the wind by its readings: rules without a database."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.tracking.fitting import FACTOR, Agreement, Strength, agreement, either, fit
from backend.incidents.tracking.plume import Ground, Release, Sky, Stability
from backend.incidents.tracking.winds import Wind, careful_sky, is_noticeable, mean_bearing, turned_by

_bearings = st.floats(0, 359.99)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@given(st.floats(0.1, 1e5), st.lists(st.floats(100, 3000), min_size=1, max_size=6))
def test_the_strength_that_made_the_readings_is_found_again(rate: float, places: list[float]) -> None:
    def expected(one: float) -> list[float]:
        return [Release(one, 0, 3, Stability.D, Ground.URBAN).concentration(x) for x in places]

    found = fit(expected(rate), expected)
    assert found and found.rate_g_s == pytest.approx(rate, rel=1e-3) and found.count == len(places)
    assert found.low <= rate <= found.high
    assert found.high >= found.rate_g_s * FACTOR ** (1.6 / math.sqrt(len(places))), "a perfect fit isn't believed"


@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=8))
def test_scattered_detectors_widen_it_and_the_middle_is_their_mean(factors: list[float]) -> None:
    found = fit([100 * factor for factor in factors], lambda rate: [rate] * len(factors))
    assert found and found.rate_g_s == pytest.approx(100 * math.prod(factors) ** (1 / len(factors)), rel=1e-6)
    assert found.low < found.rate_g_s < found.high


def test_detectors_without_gas_or_out_of_the_cloud_give_no_strength() -> None:
    assert fit([], lambda _: []) is None
    assert fit([0.0], lambda rate: [rate]) is None and fit([5.0], lambda _: [0.0]) is None


def test_two_models_give_the_middle_of_both_and_are_as_wide_as_both() -> None:
    found = either(Strength(4, 2, 8, 3), Strength(100, 50, 200, 2))
    assert (found.rate_g_s, found.low, found.high, found.count) == (20, 2, 200, 3)


def test_within_a_factor_of_two_they_agree() -> None:
    assert agreement(10, 15) is Agreement.AGREES and agreement(10, 21) is Agreement.LESS
    assert agreement(10, 4.9) is Agreement.MORE and agreement(0, 0) is None


@given(_bearings, st.floats(0, 80), st.integers(1, 20))
def test_directions_are_averaged_round_the_compass(middle: float, spread: float, count: int) -> None:
    found = mean_bearing([(middle + side * spread) % 360 for side in (-1, 1) for _ in range(count)])
    assert found is not None and turned_by(found, middle) < 1e-6


def test_directions_that_cancel_have_no_mean() -> None:
    assert mean_bearing([]) is None and mean_bearing([90, 270]) is None


@given(_bearings, _bearings)
def test_a_turn_is_at_most_half_a_circle_and_the_same_both_ways(one: float, other: float) -> None:
    assert 0 <= turned_by(one, other) == turned_by(other, one) <= 180


def test_a_change_is_noticeable_from_twenty_degrees_or_a_third_and_a_metre() -> None:
    wind = Wind(3.0, 350, NOON)
    assert not is_noticeable(wind, 3.5, 5) and is_noticeable(wind, 3.0, 12)
    assert is_noticeable(wind, 4.5, 350) and not is_noticeable(wind, 2.5, 350)
    assert not is_noticeable(Wind(10.0, 0, NOON), 12.0, 0), "two metres of ten are a gust"


def test_who_cannot_look_up_gets_the_careful_sky() -> None:
    assert careful_sky(NOON) is Sky.OVERCAST and careful_sky(NOON + timedelta(hours=10)) is Sky.CLEAR_NIGHT
    assert careful_sky(NOON.replace(hour=7)) is Sky.OVERCAST and careful_sky(NOON.replace(hour=17)) is Sky.CLEAR_NIGHT
