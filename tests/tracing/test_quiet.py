"""Good times and trials of a baseline, as pure rules."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.evaluation import Rule
from backend.alarms.parameters import Deviation
from backend.tracing.engine import Normal, Window, learn_normal
from backend.tracing.normals.quiet import HOUR, MARGIN, Span, days_of, hours_between, in_trouble, stretches, troubles
from backend.tracing.normals.reading import (
    MOST_CELLS,
    MOST_LEARNED_CELLS,
    MOST_ROWS,
    grid_of,
    latest_rows,
    packed,
    unpacked,
)
from backend.tracing.normals.trying import read_rule, rule_form, stored_outcome, try_normal

T0 = datetime(2026, 11, 1, tzinfo=UTC)
MINUTES = st.integers(0, 5 * 24 * 60)
ALARMS = st.lists(st.tuples(MINUTES, st.integers(0, 600)), max_size=12).map(
    lambda found: [(T0 + timedelta(minutes=a), T0 + timedelta(minutes=a + b)) for a, b in found]
)


@given(ALARMS)
def test_left_out_is_what_lies_near_an_alarm_and_nothing_else(alarms: list[Span]) -> None:
    moments = [T0 + timedelta(minutes=minute) for minute in range(0, 6 * 24 * 60, 17)]
    near = [any(start - MARGIN <= at <= end + MARGIN for start, end in alarms) for at in moments]
    spans = troubles(alarms)
    assert in_trouble(np.array([at.timestamp() for at in moments]), spans).tolist() == near
    assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))


@given(ALARMS, st.sets(st.integers(0, 119)))
def test_an_hour_is_good_when_it_was_read_and_no_alarm_is_near(alarms: list[Span], read: set[int]) -> None:
    spans = troubles(alarms)
    hours = hours_between(T0, T0 + 120 * HOUR, {T0 + number * HOUR for number in read}, spans)
    for number, hour in enumerate(hours):
        touched = any(start < hour.start + HOUR and end > hour.start for start, end in spans)
        assert hour.state == ("none" if number not in read else "trouble" if touched else "good")
    found = stretches(hours)
    assert [end - start for start, end in found] == sorted((end - start for start, end in found), reverse=True)
    good = {hour.start for hour in hours if hour.state == "good"}
    assert all(start + number * HOUR in good for start, end in found for number in range(int((end - start) / HOUR)))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "UTC"])
def test_days_of_the_site_hold_each_hour_once_also_when_clocks_change(zone: str) -> None:
    start = datetime(2026, 10, 20, tzinfo=UTC)
    hours = hours_between(start, start + 200 * HOUR, {start + number * HOUR for number in range(0, 200, 3)}, [])
    days = days_of(hours, ZoneInfo(zone))
    assert sum(run.hours for day in days for run in day.runs) == 200
    assert days_of([replace(hour, read=False) for hour in hours], ZoneInfo(zone)) == []
    late = [replace(hour, read=number >= 100) for number, hour in enumerate(hours)]
    assert days_of(late, ZoneInfo(zone))[-1].day == hours[100].start.astimezone(ZoneInfo(zone)).date()
    assert [day.day for day in days] == sorted({hour.start.astimezone(ZoneInfo(zone)).date() for hour in hours})[::-1]


@given(
    st.floats(0.01, 100_000),
    st.integers(1, 5000),
    st.timedeltas(timedelta(minutes=30), timedelta(days=92)),
    st.integers(0, 10**6),
)
def test_rows_are_whole_cells_of_the_clock_within_the_bounds(
    gap_s: float, points: int, span: timedelta, offset_s: int
) -> None:
    from_at = T0 + timedelta(seconds=offset_s)
    start, row_s, rows = grid_of(from_at, from_at + span, gap_s, points)
    assert rows <= MOST_ROWS + 1 and (rows - 1) * points <= MOST_LEARNED_CELLS
    assert abs(start.timestamp() / row_s - round(start.timestamp() / row_s)) < 1e-5
    assert start <= from_at + timedelta(microseconds=1) and start > from_at - timedelta(seconds=row_s + 1e-3)
    begins, kept = latest_rows(from_at, from_at + span, row_s, points)
    assert kept * points <= max(MOST_CELLS, points) and begins >= start - timedelta(microseconds=1)


def test_pieces_come_back_as_they_were() -> None:
    values = np.random.default_rng(1).normal(size=(50, 2))
    values[3, 1] = np.nan
    window = Window.of(T0.timestamp() + np.arange(50.0), ["point:4", "point:9"], values)
    back = unpacked([packed(window.between(0, 20)), packed(window.between(20, 50))], [4, 9])
    np.testing.assert_array_equal(back.values, window.values)
    np.testing.assert_array_equal(back.times_s, window.times_s)
    assert back.points == window.points


@pytest.fixture(scope="module")
def pair() -> tuple[Normal, Window]:
    """Two points that move together, and a later time in which they part for rows 300 to 360."""
    draw = np.random.default_rng(5)
    shared = draw.normal(size=(1200, 1))
    values = np.hstack([shared + 0.1 * draw.normal(size=(1200, 1)) for _ in range(2)])
    values[900:960, 0] += 4.0
    times = 60.0 * np.arange(1200.0)
    return learn_normal(Window.of(times[:600], "ab", values[:600])), Window.of(times[600:], "ab", values[600:])


RULE = Rule(Deviation(), deadband=0.0, on_delay_s=120.0, off_delay_s=300.0)


def test_a_trial_counts_warnings_by_the_rule_s_delays_and_tells_what_followed(pair: tuple[Normal, Window]) -> None:
    normal, window = pair
    begun = float(window.times_s[300])
    found = try_normal(window, normal, RULE, [begun + 600, begun - 40_000, begun - 9000])
    near = [one for one in found.warnings if begun <= one.from_s <= begun + 600]
    assert len(near) == 1 and near[0].alarm_s == begun + 600 and near[0].to_s >= begun + 59 * 60
    assert near[0].from_s >= begun + 120
    assert (found.foreseen, len(found.alarms_s), found.rows) == (1, 3, 600)
    assert found.over >= 55


def test_no_delay_warns_at_least_as_often_and_a_smaller_rate_at_most(pair: tuple[Normal, Window]) -> None:
    normal, window = pair
    eager = try_normal(window, normal, Rule(Deviation(false_alarm_rate=0.05)), [])
    patient = try_normal(window, normal, RULE, [])
    strict = try_normal(window, normal, Rule(Deviation(false_alarm_rate=0.001)), [])
    assert len(eager.warnings) >= len(patient.warnings) >= 1
    assert eager.over >= strict.over > 0


def test_a_time_without_readings_has_nothing_to_tell(pair: tuple[Normal, Window]) -> None:
    empty = Window.of([], "ab", np.zeros((0, 2)))
    found = stored_outcome(try_normal(empty, pair[0], RULE, [5.0]), 0)
    assert (found["rows"], found["over"], found["warned"], found["alarms"], found["foreseen"]) == (0, 0, 0, 1, 0)


def test_a_rule_is_kept_with_the_trial_as_it_was() -> None:
    rule = Rule(Deviation(1.5, 0.002, 90.0), 0.1, 5.0, 60.0)
    assert read_rule(rule_form(rule)) == rule
