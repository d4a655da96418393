"""Which limit a point comes to next, by values."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from backend.live.nearing import FURTHEST, nearing, next_limit
from backend.live.views import LimitMark, Series
from backend.tracing.engine import Window

MARKS = [LimitMark(name, value, "major") for name, value in (("LL", -50.0), ("L", 5.0), ("H", 30.0), ("HH", 60.0))]
END_S = 6000.0
END = datetime.fromtimestamp(END_S, UTC)


def window(values: np.ndarray, step_s: float = 60.0) -> Window:
    times = END_S - step_s * np.arange(len(values))[::-1]
    return Window.of(times, ["P"], values.reshape(-1, 1))


def noise(rows: int) -> np.ndarray:
    return np.random.default_rng(4).normal(0, 0.3, rows)


def test_the_next_limit_is_the_nearest_ahead_with_a_stretch_that_holds_the_true_moment() -> None:
    rising = 0.5 * np.arange(41.0) + noise(41)  # 20 now, half a unit a minute: 30 in 20 minutes
    found = next_limit(window(rising), "P", MARKS)
    assert found is not None and (found.name, found.value) == ("H", 30.0)
    assert found.earliest_at < END + timedelta(minutes=20) and found.latest_at
    assert found.latest_at > END + timedelta(minutes=20)
    assert abs(found.likely_at - END - timedelta(minutes=20)) < timedelta(minutes=3)


def test_above_a_high_limit_the_high_high_one_is_next_and_falling_a_low_one() -> None:
    above = next_limit(window(30 + 0.5 * np.arange(41.0) + noise(41)), "P", MARKS)
    falling = next_limit(window(25 - 0.4 * np.arange(41.0) + noise(41)), "P", MARKS)
    assert above and falling and (above.name, falling.name) == ("HH", "L")
    coming_back = window(40 - 0.2 * np.arange(41.0) + noise(41))  # above the high limit, and falling
    assert next_limit(coming_back, "P", MARKS[2:]) is None


@pytest.mark.parametrize(
    "values",
    [
        20 + noise(60),
        np.append(0.5 * np.arange(40.0), np.full(40, 20.0)) + noise(80),
        np.arange(6.0),
        np.append(0.5 * np.arange(30.0), np.full(20, np.nan)),
        np.zeros(0),
    ],
    ids=["no trend", "has settled", "too few", "fell silent", "nothing"],
)
def test_nothing_is_foretold_without_a_trend_towards_a_limit(values: np.ndarray) -> None:
    assert next_limit(window(values), "P", MARKS) is None


def test_nothing_is_foretold_far_beyond_the_time_it_is_told_by_and_the_latest_only_within_it() -> None:
    slow = 0.01 * np.arange(41.0) + noise(41) / 10  # 0.4 now, after 40 minutes
    assert next_limit(window(slow), "P", [LimitMark("H", 0.9, "low")]) is None
    found = next_limit(window(slow), "P", [LimitMark("H", 0.7, "low")])
    assert found and found.likely_at <= END + timedelta(minutes=40 * FURTHEST)
    stairs = np.floor(0.08 * np.arange(41.0))  # so coarse that it may as well stand still
    unsure = next_limit(window(stairs), "P", [LimitMark("H", 3.5, "low")])
    assert unsure and unsure.latest_at is None and unsure.earliest_at < unsure.likely_at


def test_a_series_without_limits_or_readings_comes_to_none() -> None:
    at = [END + timedelta(minutes=minute) for minute in range(40)]
    values = [0.5 * minute for minute in range(40)]
    read = Series(at, values, values, values, 60.0)
    found = nearing(read, MARKS)
    assert found and found.name == "H" and nearing(read, []) is None
    assert nearing(Series([], [], [], [], 60.0), MARKS) is None
