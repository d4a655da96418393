"""When a limit is reached: the interval holds the true moment as often as it says, and a wanderer has no trend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.tracing.engine import Window, time_to_limit


def _noise(rows: int, rho: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(0, 1, rows + 50)
    for row in range(1, len(noise)):
        noise[row] += rho * noise[row - 1]
    return noise[50:]


def _window(values: np.ndarray, step_s: float = 10.0) -> Window:
    return Window.of([1e9 + step_s * row for row in range(len(values))], ["P"], values[:, None])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_the_interval_holds_the_true_moment_about_as_often_as_it_says(rho: float) -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(120):
        found = time_to_limit(_window(0.2 * np.arange(120.0) + _noise(120, rho, rng)), "P", 50.0)
        true = (50.0 / 0.2 - 119) * 10.0
        held += [found.earliest <= true <= found.latest] if found else []
    assert len(held) > 110 and np.mean(held) > 0.8


@pytest.mark.parametrize(("rho", "most"), [(0.0, 0.04), (0.8, 0.05), (0.95, 0.15)])
def test_what_only_wanders_about_has_no_trend(rho: float, most: float) -> None:
    rng = np.random.default_rng(3)
    found = [time_to_limit(_window(_noise(150, rho, rng)), "P", limit) for limit in (30.0, -30.0) for _ in range(100)]
    assert np.mean([one is not None for one in found]) <= most


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 100), st.floats(-1e4, 1e4), st.floats(0.1, 1000))
def test_units_and_pace_change_nothing_but_themselves(unit: float, shift: float, pace: float) -> None:
    values = 0.3 * np.arange(60.0) + _noise(60, 0.3, np.random.default_rng(1))
    plain = time_to_limit(_window(values, 1.0), "P", 40.0)
    other = time_to_limit(_window(values * unit + shift, pace), "P", 40.0 * unit + shift)
    assert plain and other and 0 < plain.earliest <= plain.likely <= plain.latest
    assert other.likely == pytest.approx(plain.likely * pace, rel=1e-4)
    assert other.latest == pytest.approx(plain.latest * pace, rel=1e-4)


def test_what_passed_the_limit_is_there_and_what_leads_away_from_it_never_comes() -> None:
    values = 0.5 * np.arange(100.0) + _noise(100, 0.2, np.random.default_rng(2))
    passed = time_to_limit(_window(values), "P", 20.0)
    assert passed and (passed.earliest, passed.likely, passed.latest) == (0.0, 0.0, 0.0)
    assert time_to_limit(_window(values), "P", -20.0) is None


def test_few_readings_gaps_and_nonsense_get_honest_answers() -> None:
    assert time_to_limit(_window(np.arange(7.0)), "P", 20.0) is None
    assert time_to_limit(_window(np.full(50, np.nan)), "P", 20.0) is None
    assert time_to_limit(_window(np.full(50, 3.0)), "P", 20.0) is None
    gaps = np.where(np.arange(60) % 3 == 0, np.nan, np.arange(60.0))
    found = time_to_limit(_window(gaps), "P", 79.0)
    assert found and found.likely == pytest.approx(200.0)
    with pytest.raises(ValueError, match="no such point"):
        time_to_limit(_window(gaps), "Q", 1.0)
    with pytest.raises(ValueError, match="number"):
        time_to_limit(_window(gaps), "P", float("nan"))
