"""A flag for being away is raised only when the phone was surely outside, and what is stored is coarse."""

from hypothesis import given
from hypothesis import strategies as st

from backend.checkins.position import Fence, Position, distance_m, is_away, read_position

LATS, LONS = st.floats(-80, 80), st.floats(-179, 179)


@given(LATS, LONS, st.floats(0, 400), st.floats(5, 500))
def test_only_who_is_surely_outside_is_away(lat: float, lon: float, accuracy: float, radius: float) -> None:
    fence = Fence(lat, lon, radius)
    metres_north = radius + accuracy
    degree_m = 111_195.0
    assert not is_away(Position(lat + 0.99 * metres_north / degree_m, lon, accuracy), fence)
    assert is_away(Position(lat + (1.01 * metres_north + 1) / degree_m, lon, accuracy), fence)
    assert not is_away(Position(lat, lon, accuracy), fence)


@given(LATS, LONS)
def test_a_coarse_position_lies_within_eleven_metres_and_tells_nothing_finer(lat: float, lon: float) -> None:
    coarse = Position(lat, lon).coarse
    assert distance_m(Position(lat, lon), coarse) < 11.2
    assert coarse == coarse.coarse


def test_a_phone_that_knows_nothing_says_nothing() -> None:
    fence = Fence(31.23, 121.47, 50)
    assert not is_away(None, fence)
    assert not is_away(Position(32, 121, accuracy_m=3000), fence), "by a cell tower only"
    wrong = [("", ""), ("91", "0"), ("0", "181"), ("x", "0"), ("nan", "0"), ("inf", "0")]
    assert [read_position(lat, lon) for lat, lon in wrong] == [None] * 6
