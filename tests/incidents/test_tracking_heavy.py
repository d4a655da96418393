"""A heavy gas: published examples of Britter and McQuaid's workbook, and what must hold for every release."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.incidents.tracking.heavy import (
    INSTANT_TO,
    PLUME_FROM,
    PUFF_FROM,
    STEADY_FROM,
    HeavyRelease,
    density,
)
from backend.incidents.tracking.plume import AIR_G_MOL, Ground, Stability, grams, reach
from backend.incidents.tracking.spreading import Model, Source, cloud_of, model_of
from backend.incidents.tracking.substances import SUBSTANCES

_releases = st.builds(
    HeavyRelease,
    rate_g_s=st.floats(10, 1e6),
    duration_s=st.none() | st.floats(1, 3600),
    molar_g=st.floats(35, 150),
    gas_k=st.floats(200, 298.15),
    wind_m_s=st.floats(1, 15),
)
_limits = st.floats(1e-3, 100)


def test_the_burro_trial_of_the_ccps_guidelines() -> None:
    """*Guidelines for Consequence Analysis of Chemical Releases* (CCPS 1999), p. 122: 0.23 m³/s of liquid natural gas
    (425.6 kg/m³) for 174 s in a wind of 10.9 m/s, boiling off at -162 °C; 5 % reaches 367 m."""
    trial = HeavyRelease(0.23 * 425.6 * 1000, 174, 16.04, 111.15, 10.9, air_k=298.0)
    assert density(16.04, 111.15) == pytest.approx(1.76, rel=2e-3)
    assert trial.volume_m3_s == pytest.approx(55.6, rel=2e-3)
    assert trial.is_dense and trial.steady_number > PLUME_FROM
    found = reach(trial.isoline(grams(50_000, 16.04)))
    assert found == pytest.approx(367, rel=0.02)


def test_the_ammonia_cloud_of_potchefstroom() -> None:
    """An example of the workbook itself: 72 500 m³ of 1.434 kg/m³ at the boiling point in a wind of 2 m/s.

    alpha = 0.645 by hand, where the curves have a tenth of the gas at 8.5 cloud sizes (355 m) and a thousandth at 75.
    """
    boils, air = 239.83, 293.15
    molar = 1.434 * 8.314 * boils / 101_325 * 1000
    cloud = HeavyRelease(72_500 * 1434, 1.0, molar, boils, 2.0, air_k=air)
    assert cloud.volume_m3 == pytest.approx(72_500) and cloud.instant_number > PUFF_FROM

    def warm(share: float) -> float:
        return share / (share + (1 - share) * boils / air)

    size = 72_500 ** (1 / 3)
    assert cloud.share(8.51 * size) == pytest.approx(warm(0.1), rel=0.02)
    assert cloud.share(10**1.8759 * size) == pytest.approx(warm(0.001), rel=0.02)
    assert cloud.share(2 * 10**1.8759 * size) == pytest.approx(warm(0.00025), rel=0.02), "with the square from there on"


def test_dimensions_are_those_of_the_workbook() -> None:
    """By hand for 1 kg/s of chlorine at 25 °C and 2 m/s: flow 0.345 m³/s, reduced gravity 14.2 m/s²."""
    leak = HeavyRelease(1000, None, 70.9, 298.15, 2.0)
    assert leak.volume_m3_s == pytest.approx(0.345, rel=1e-2) and leak.buoyancy == pytest.approx(14.2, rel=1e-2)
    source, length = math.sqrt(0.345 / 2), 14.2 * 0.345 / 8
    assert leak.upwind_m == pytest.approx(source / 2 + 2 * length, rel=2e-2)
    width = source + 8 * length + 2.5 * (length * 100**2) ** (1 / 3)
    assert leak.half_width(100, 1e-9) == pytest.approx(width, rel=2e-2)
    assert leak.concentration(100, width * 0.98) == leak.concentration(100) > 0 == leak.concentration(100, width * 1.02)
    assert leak.concentration(-leak.upwind_m * 1.01) == 0


@given(_releases, _limits)
def test_a_limit_reaches_no_further_than_a_lower_one_and_has_one_edge(leak: HeavyRelease, limit: float) -> None:
    line, lower = leak.isoline(limit), leak.isoline(limit / 3)
    assert (reach(line) or 0) <= (reach(lower) or 0) + 1e-6
    if line:
        assert line[0][0] < 0, "it creeps against the wind"
        assert [x for x, _ in line] == sorted(x for x, _ in line)
        end = line[-1][0]
        beyond = leak.half_width(end * 1.05, limit)
        assert end > 9_999 or beyond is None or leak.duration_s is not None, "where both count, one begins later"


@given(_releases, st.floats(5, 10_000))
def test_nothing_is_stronger_than_at_the_source_and_a_steady_release_only_gets_weaker(
    leak: HeavyRelease, x: float
) -> None:
    assert 0 < leak.share(x) <= 1
    if leak.duration_s is None:
        assert leak.share(x * 1.2) <= leak.share(x) * (1 + 1e-9)


@given(_releases, st.floats(1.5, 10), st.floats(50, 5000))
def test_more_gas_carries_further(leak: HeavyRelease, times: float, x: float) -> None:
    assume(leak.duration_s is None)
    more = HeavyRelease(leak.rate_g_s * times, None, leak.molar_g, leak.gas_k, leak.wind_m_s)
    assert more.share(x) >= leak.share(x) * 0.85, "the curves cross by less than that"


@given(_releases, st.floats(5, 5000))
def test_a_long_release_is_a_steady_one_and_a_short_one_a_cloud(leak: HeavyRelease, x: float) -> None:
    assume(leak.duration_s is not None)
    assert leak.duration_s
    lasting = leak.wind_m_s * leak.duration_s / x
    endless = HeavyRelease(leak.rate_g_s, None, leak.molar_g, leak.gas_k, leak.wind_m_s)
    if lasting >= STEADY_FROM:
        assert leak.share(x) == endless.share(x)
    elif lasting > INSTANT_TO:
        assert leak.share(x) >= endless.share(x)


def of(gas: str, rate: float, wind: float, **fields: object) -> Source:
    told = {"duration_s": None, "cold": False, "height_m": 0.0, "air": Stability.F, "ground": Ground.RURAL, **fields}
    return Source(substance=SUBSTANCES[gas], rate_g_s=rate, wind_m_s=wind, **told)  # type: ignore[arg-type]


def test_chlorine_is_dense_unless_it_is_a_whiff_in_a_strong_wind() -> None:
    assert model_of(of("cl2", 1000, 2)) is Model.HEAVY
    assert model_of(of("cl2", 1, 10)) is Model.PLUME, "the wind carries it off as it does a light gas"
    assert model_of(of("ch4", 100_000, 1)) is Model.PLUME, "warm methane rises"
    assert model_of(of("ch4", 100_000, 2, cold=True)) is Model.HEAVY, "cold methane creeps"


@given(st.floats(0.1, 1e6), st.floats(1, 20), st.none() | st.floats(5, 3600))
def test_a_gas_no_heavier_than_air_never_counts_as_dense(rate: float, wind: float, duration: float | None) -> None:
    assert not HeavyRelease(rate, duration, AIR_G_MOL, 298.15, wind).is_dense
    assert model_of(of("nh3", rate, wind, duration_s=duration)) is not Model.HEAVY


@given(st.floats(100, 1e5), st.floats(1, 6), st.floats(1e-4, 1e-1))
def test_where_it_is_thin_it_reaches_at_least_as_far_as_a_light_gas_would(
    rate: float, wind: float, limit: float
) -> None:
    source = of("cl2", rate, wind)
    assume(model_of(source) is Model.HEAVY)
    cloud, heavy = cloud_of(source), HeavyRelease(rate, None, 70.9, 298.15, wind)
    end = reach(cloud.isoline(limit)) or 0
    assert end >= (reach(heavy.isoline(limit)) or 0) * 0.99
    further = max(heavy.extrapolated_from_m, 100.0)
    assert cloud.concentration(further * 2) >= heavy.concentration(further * 2)
