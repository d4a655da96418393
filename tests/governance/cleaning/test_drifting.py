"""Slow drift, by hand and by laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.governance.cleaning.drifting import LEAST_DAYS, drift, trend

_NOISE = [0.0, 0.1, -0.1, 0.05, -0.05, 0.1, 0.0, -0.1, 0.05, 0.0, -0.05, 0.1, -0.1, 0.0]


def _days(*levels: float) -> list[tuple[int, float]]:
    return list(enumerate(levels))


def _level(at: float) -> list[tuple[int, float]]:
    return _days(*(at + one for one in _NOISE))


def _leaving(at: float, slope: float) -> list[tuple[int, float]]:
    return _days(*(at + one + n * slope for n, one in enumerate(_NOISE)))


def test_a_straight_line_is_its_own_trend() -> None:
    found = trend(_days(1, 2, 3, 4, 5, 6, 7))
    assert found is not None
    assert (found.slope, found.low, found.high, found.gone) == (1, 1, 1, 6)
    assert found.sure


def test_one_wild_day_moves_nothing() -> None:
    found = trend(_days(1, 2, 3, 400, 5, 6, 7))
    assert found is not None
    assert found.slope == 1


def test_six_days_are_too_few() -> None:
    assert trend(_days(*range(LEAST_DAYS - 1))) is None


def test_a_point_that_leaves_its_like_drifts_though_both_follow_the_process() -> None:
    process = [0, 3, 1, 6, 4, 8, 2, 9, 5, 7, 3, 8, 1, 6]
    twin = _days(*(50 + one for one in process))
    own = _days(*(50 + one + n * 0.5 for n, one in enumerate(process)))
    found = drift(own, 100, [twin])
    assert found is not None
    assert (found.peers, found.gone, found.share) == (1, pytest.approx(6.5), pytest.approx(0.065))


def test_of_two_the_one_that_moves_is_named() -> None:
    still, moving = _level(50), _leaving(50, 0.5)
    assert drift(moving, 100, [still]) is not None
    assert drift(still, 100, [moving]) is None


def test_less_than_two_percent_of_the_range_is_no_drift() -> None:
    assert drift(_leaving(50, 0.1), 100, [_level(50)]) is None
    assert drift(_leaving(50, 0.1), 50, [_level(50)]) is not None


def test_alone_it_takes_five_percent() -> None:
    assert drift(_leaving(50, 0.3), 100, []) is None
    found = drift(_leaving(50, 0.5), 100, [])
    assert found is not None
    assert found.peers == 0


def test_alone_nothing_is_said_where_the_equipment_as_a_whole_moves() -> None:
    assert drift(_leaving(50, 0.5), 100, [], others=[_leaving(3, -0.4)]) is None
    assert drift(_leaving(50, 0.5), 100, [], others=[_level(3)]) is not None


def test_days_that_a_peer_lacks_are_left_out() -> None:
    assert drift(_leaving(50, 0.5), 100, [_level(50)[:6]]) is None


_LEVELS = st.lists(st.integers(-1000, 1000).map(float), min_size=7, max_size=20)


@given(levels=_LEVELS, up=st.integers(-500, 500), slope=st.integers(-20, 20))
def test_a_line_added_to_the_days_is_added_to_the_slope(levels: list[float], up: int, slope: int) -> None:
    plain, tilted = trend(_days(*levels)), trend(_days(*(one + up + n * slope for n, one in enumerate(levels))))
    assert plain is not None
    assert tilted is not None
    assert tilted.slope == pytest.approx(plain.slope + slope)
    assert tilted.low <= tilted.slope <= tilted.high


@given(levels=_LEVELS, process=_LEVELS)
def test_points_that_go_together_never_drift(levels: list[float], process: list[float]) -> None:
    twin = [(day, level + 7) for day, level in _days(*levels)]
    assert drift(_days(*levels), 100, [twin]) is None
