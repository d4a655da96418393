"""The Gaussian plume: a worked example of a textbook, and what must hold for every leak."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from backend.incidents.tracking.plume import (
    Ground,
    Release,
    Sky,
    Stability,
    downwind,
    grams,
    offset,
    parts,
    reach,
    sigma_y,
    sigma_z,
    stability,
)

_releases = st.builds(
    Release,
    rate_g_s=st.floats(0.1, 1e5),
    height_m=st.floats(0, 100),
    wind_m_s=st.floats(1, 20),
    air=st.sampled_from(Stability),
    ground=st.sampled_from(Ground),
)
_distances = st.floats(100, 10_000)


def test_the_worked_example_of_the_ccps_guidelines() -> None:
    """*Guidelines for Consequence Analysis of Chemical Releases* (CCPS 1999), p. 97: 0.1 kg/s at the ground, F, 2 m/s.

    It has 1.035e-4 kg/m³ at 500 m with the curves of Pasquill and Gifford; those of Briggs differ by an eighth.
    """
    leak = Release(100, 0, 2, Stability.F, Ground.RURAL)
    assert leak.concentration(500) == pytest.approx(0.1035, rel=0.15)
    by_hand = 100 / (math.pi * 2 * (0.04 * 500 / math.sqrt(1.05)) * (0.016 * 500 / 1.15))
    assert leak.concentration(500) == pytest.approx(by_hand, rel=1e-12)


@given(_releases, _distances)
def test_what_leaks_passes_through_every_plane_across_the_wind(leak: Release, x: float) -> None:
    wide, high = sigma_y(x, leak.air, leak.ground), sigma_z(x, leak.air, leak.ground)
    across = quad(lambda y: leak.concentration(x, y, leak.height_m), -8 * wide, 8 * wide, limit=200)[0]
    share = across / leak.concentration(x, 0, leak.height_m)
    top = leak.height_m + 8 * high
    up = quad(lambda z: leak.concentration(x, 0, z), 0, top, limit=400, points=[leak.height_m])[0]
    assert share * up * leak.wind_m_s == pytest.approx(leak.rate_g_s, rel=1e-3)


@given(_releases, _distances, st.floats(0, 2000), st.floats(0, 50))
def test_both_sides_are_equal_and_nothing_is_upwind(leak: Release, x: float, y: float, z: float) -> None:
    assert leak.concentration(x, y, z) == leak.concentration(x, -y, z)
    assert leak.concentration(-x, y, z) == 0.0
    assert leak.concentration(x, y, leak.height_m) <= leak.concentration(x, 0, leak.height_m)


@given(_releases, _distances, st.floats(1.1, 10))
def test_twice_the_leak_gives_twice_the_gas_and_more_wind_less(leak: Release, x: float, times: float) -> None:
    more = Release(leak.rate_g_s * times, leak.height_m, leak.wind_m_s, leak.air, leak.ground)
    windy = Release(leak.rate_g_s, leak.height_m, leak.wind_m_s * times, leak.air, leak.ground)
    assert more.concentration(x) == pytest.approx(leak.concentration(x) * times)
    assert windy.concentration(x) == pytest.approx(leak.concentration(x) / times)


@given(_releases, st.floats(1e-6, 1))
def test_on_an_isoline_the_limit_is_just_reached(leak: Release, limit: float) -> None:
    line = leak.isoline(limit)
    for x, width in line:
        assert leak.concentration(x, width) == pytest.approx(limit, rel=1e-6)
    lower = {x for x, _ in leak.isoline(limit / 2)}
    assert {x for x, _ in line} <= lower, "a lower limit reaches further"
    assert reach(line) == (max(x for x, _ in line) if line else None)


@given(_distances, st.sampled_from(Ground))
def test_calmer_air_spreads_less(x: float, ground: Ground) -> None:
    for one, calmer in pairwise(Stability):
        assert sigma_y(x, calmer, ground) <= sigma_y(x, one, ground)
        assert sigma_z(x, calmer, ground) <= sigma_z(x, one, ground)


def test_classes_are_those_of_turners_table() -> None:
    assert stability(1.5, Sky.STRONG_SUN) == "A" and stability(7, Sky.STRONG_SUN) == "C"
    assert stability(2.5, Sky.STRONG_SUN) == "B" and stability(4, Sky.SUN) == "C", "of two the calmer"
    assert stability(4, Sky.OVERCAST) == "D" and stability(2.5, Sky.CLEAR_NIGHT) == "F"
    assert stability(4, Sky.CLEAR_NIGHT) == "E" and stability(2.5, Sky.CLOUDY_NIGHT) == "E"


@given(st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(0, 360))
def test_places_turn_with_the_wind_and_back(east: float, north: float, bearing: float) -> None:
    x, y = downwind(east, north, bearing)
    assert math.hypot(x, y) == pytest.approx(math.hypot(east, north), abs=1e-6)
    assert offset(x, y, bearing) == pytest.approx((east, north), abs=1e-6)


def test_a_west_wind_carries_to_the_east() -> None:
    assert downwind(100, 0, 270) == pytest.approx((100, 0), abs=1e-9)
    assert downwind(0, 100, 180) == pytest.approx((100, 0), abs=1e-9), "from the south to the north"


def test_ppm_and_grams() -> None:
    assert grams(100, 34.08) == pytest.approx(0.1394, rel=1e-3), "hydrogen sulphide: NIOSH gives 1.40 mg/m³ a ppm"
    assert parts(grams(35, 17.03), 17.03) == pytest.approx(35)
