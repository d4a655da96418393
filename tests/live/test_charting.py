"""A trend as shapes: everything inside its box, gaps left open, limits shown where they matter."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.live.charting import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Trend, trend
from backend.live.views import LimitMark, Series

UNTIL = datetime(2026, 11, 26, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def drawn(values: list[float], *, hours: float = 1, every_s: float = 60, limits: tuple[LimitMark, ...] = ()) -> Trend:
    """The trend of ``values``, the last at the end of the span."""
    since = UNTIL - timedelta(hours=hours)
    at = [UNTIL - timedelta(seconds=every_s * back) for back in reversed(range(len(values)))]
    series = Series(at, values, [v - 0.1 for v in values], [v + 0.1 for v in values], every_s)
    found = trend(series, limits, since, UNTIL, zone=ZONE, decimals=1, usual_interval_s=every_s)
    assert found is not None
    return found


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.floats(-1e6, 1e6))
def test_nothing_is_drawn_outside_the_box(values: list[float], limit: float) -> None:
    found = drawn(values, limits=(LimitMark("H", limit, "general"),))
    corners = re.findall(r"(-?[\d.e+-]+) (-?[\d.e+-]+)", found.line.replace("M", " ").replace("L", " "))
    for x, y in [(float(x), float(y)) for x, y in corners] + list(found.dots):
        assert LEFT - 0.2 <= x <= RIGHT + 0.2 and TOP - 0.2 <= y <= BOTTOM + 0.2
    for mark in (*found.values, *found.limits):
        assert 0 <= mark.at <= HEIGHT
    assert all(0 <= tick.at <= WIDTH for tick in found.times)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60))
def test_values_on_the_axis_can_be_told_apart(values: list[float]) -> None:
    texts = [tick.text for tick in drawn(values).values]
    assert len(texts) == len(set(texts))


def test_a_gap_is_left_open_and_a_lonely_reading_is_a_dot() -> None:
    since = UNTIL - timedelta(hours=1)
    at = [since + timedelta(minutes=m) for m in (0, 1, 2, 30, 58, 59)]
    values = [1.0, 2.0, 3.0, 2.0, 1.0, 2.0]
    series = Series(at, values, values, values, 60)
    found = trend(series, (), since, UNTIL, zone=ZONE, decimals=1, usual_interval_s=60)
    assert found is not None
    assert found.line.count("M") == 3 and len(found.dots) == 1


def test_only_limits_near_the_readings_are_drawn_so_that_these_keep_their_shape() -> None:
    found = drawn([10.0, 11.0], limits=(LimitMark("H", 11.5, "general"), LimitMark("HH", 500.0, "major")))
    assert [limit.mark.name for limit in found.limits] == ["H"]


@pytest.mark.parametrize(
    ("hours", "first"), [(1, "19:00"), (168, "11-19"), (0.1, "19:54:00")], ids=["an hour", "a week", "six minutes"]
)
def test_moments_are_told_in_the_sites_zone_and_as_finely_as_the_span_needs(hours: float, first: str) -> None:
    found = drawn([1.0, 2.0], hours=hours, every_s=30)
    assert found.times[0].text == first
    assert len({tick.text for tick in found.times}) == len(found.times)


def test_without_readings_there_is_nothing_to_draw() -> None:
    empty = Series([], [], [], [], 60)
    assert trend(empty, (), UNTIL - timedelta(hours=1), UNTIL, zone=ZONE, decimals=1, usual_interval_s=None) is None
